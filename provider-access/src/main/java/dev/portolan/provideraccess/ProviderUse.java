package dev.portolan.provideraccess;

import dev.portolan.audit.TrailReports;
import dev.portolan.members.attribution.ListFigures;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What providers asked for and got in a time, organization by organization. Whose data left is counted from the audit trail, whose patients members were from the lists' history, how long exports took
 * from the log of exports.
 */
public final class ProviderUse {

    private final TrailReports trail;
    private final ListFigures lists;
    private final ExportLog exports;

    public ProviderUse(TrailReports trail, ListFigures lists, ExportLog exports) {
        this.trail = trail;
        this.lists = lists;
        this.exports = exports;
    }

    /**
     * @param delivered different members whose data left, to whichever organization
     * @param refused requests that were answered with an error: of members who are no patients among others
     * @param optedOut different members who said no within the time
     */
    public record Use(Instant from, Instant to, int delivered, long requests, long refused, int optedOut, List<Organization> organizations) {}

    /**
     * One organization.
     *
     * @param apps client ids that had its list within the time
     * @param exports how many were asked for, by whichever app
     * @param ready how many of them had their files
     * @param longestSeconds from asking to files; null if none was ready
     * @param attributed its patients at the end of the time
     * @param optedOut those of them who had said no by then: nothing of them leaves
     * @param delivered different patients of its whose data left, one by one or in files
     * @param gone those of them who are its patients no more at the end of the time
     * @param requests of its apps at the API; those of an app that has several lists count for each
     */
    public record Organization(String group, String name, String npi, List<String> apps, int exports, int ready, @Nullable Double longestSeconds, int attributed, int optedOut, int delivered, int gone, long requests,
        long refused) {}

    /** @param to excluded */
    public Use of(Instant from, Instant to) {
        Map<String, TrailReports.AppAccess> access = new HashMap<>();
        trail.apps(from, to).stream().filter(each -> each.api().equals(ProviderAccess.NAME)).forEach(each -> access.put(each.app(), each));
        Map<String, String> survivors = lists.survivors(to);
        Map<String, Set<String>> given = new HashMap<>();
        access.keySet().forEach(app -> given.put(app, persons(trail.members(ProviderAccess.NAME, app, from, to), survivors)));
        Map<String, ExportLog.OfList> asked = exports.byList(from, to);
        List<Organization> organizations = new ArrayList<>();
        for (ListFigures.Figures list : lists.of(from, to)) {
            organizations.add(organization(list, asked.getOrDefault(list.group(), ExportLog.OfList.NONE), access, given, survivors, from, to));
        }
        Set<String> all = new TreeSet<>();
        given.values().forEach(all::addAll);
        return new Use(from, to, all.size(), access.values().stream().mapToLong(TrailReports.AppAccess::requests).sum(), access.values().stream().mapToLong(TrailReports.AppAccess::refused).sum(),
            lists.optOuts(from, to), List.copyOf(organizations));
    }

    /** Whatever was given under either name was given of one person. */
    private static Set<String> persons(Set<String> patients, Map<String, String> survivors) {
        Set<String> persons = new TreeSet<>();
        patients.forEach(patient -> persons.add(survivors.getOrDefault(patient, patient)));
        return persons;
    }

    private Organization organization(ListFigures.Figures list, ExportLog.OfList asked, Map<String, TrailReports.AppAccess> access, Map<String, Set<String>> given, Map<String, String> survivors, Instant from,
        Instant to) {
        Set<String> delivered = new TreeSet<>();
        long requests = 0;
        long refused = 0;
        for (String app : list.apps()) {
            delivered.addAll(given.getOrDefault(app, Set.of()));
            TrailReports.AppAccess of = access.get(app);
            requests += of == null ? 0 : of.requests();
            refused += of == null ? 0 : of.refused();
        }
        delivered.retainAll(persons(lists.patients(list.group(), from, to), survivors));
        Set<String> gone = new TreeSet<>(delivered);
        gone.removeAll(persons(lists.patients(list.group(), to.minusNanos(1_000), to), survivors));
        return new Organization(list.group(), list.name(), list.npi(), list.apps(), asked.asked(), asked.ready(), asked.longestSeconds(), list.attributed(), list.optedOut(), delivered.size(), gone.size(), requests,
            refused);
    }
}
