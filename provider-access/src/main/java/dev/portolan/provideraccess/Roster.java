package dev.portolan.provideraccess;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import dev.portolan.members.attribution.Attribution;
import dev.portolan.members.attribution.MemberDirectory;
import dev.portolan.members.attribution.NetworkParticipation;
import dev.portolan.members.attribution.ProviderGroup;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The plan's roster: a CSV file with a line for each patient of each organization, whole lists of those that it names. What is malformed refuses the file, since a line that is passed over would take a
 * patient off a list; members whom the plan's records do not know yet are told and left out.
 */
final class Roster {

    private static final Set<String> COLUMNS = Set.of("group", "name", "npi", "tin", "organization", "contract", "member", "provider_npi", "coverage", "starts", "ends");
    private static final Set<String> NEEDED = Set.of("group", "name", "npi", "member");
    private static final String PATIENT = "Patient/";

    /** One list, with all its members. */
    record Listed(ProviderGroup group, List<Attribution> members) {}

    /** @param unknown lines whose member nobody is, or more than one */
    record Read(List<Listed> lists, List<Long> unknown) {}

    private record Line(long number, String member, String providerNpi, String coverage, @Nullable Instant starts, @Nullable Instant ends) {}

    private Roster() {}

    /** @throws IllegalArgumentException with the line and what to change */
    static Read read(String csv, MemberDirectory members, Instant now) {
        Map<String, ProviderGroup> groups = new LinkedHashMap<>();
        Map<String, List<Line>> lines = new LinkedHashMap<>();
        for (NamedCsvRecord row : records(csv, COLUMNS, NEEDED)) {
            ProviderGroup group = group(row, now);
            ProviderGroup before = groups.putIfAbsent(group.id(), group);
            require(before == null || before.equals(group), row, "says something else about the group " + group.id() + " than an earlier line");
            List<Line> own = lines.computeIfAbsent(group.id(), id -> new ArrayList<>());
            if (!field(row, "member").isEmpty()) {
                own.add(line(row));
            }
        }
        require(!groups.isEmpty(), "The roster has no lines: a list ends with a line of its group without a member.");
        return resolve(groups, lines, members, now);
    }

    /** Which practitioners are whose: a line for each. */
    static Map<ProviderGroup, Set<String>> practitioners(String csv, Instant now) {
        Map<String, ProviderGroup> groups = new LinkedHashMap<>();
        Map<ProviderGroup, Set<String>> practitioners = new LinkedHashMap<>();
        for (NamedCsvRecord row : records(csv, Set.of("group", "name", "npi", "tin", "organization", "contract", "provider_npi"), Set.of("group", "name", "npi", "provider_npi"))) {
            ProviderGroup group = group(row, now);
            ProviderGroup before = groups.putIfAbsent(group.id(), group);
            require(before == null || before.equals(group), row, "says something else about the group " + group.id() + " than an earlier line");
            practitioners.computeIfAbsent(group, any -> new TreeSet<>()).add(npi(row, "provider_npi"));
        }
        return practitioners;
    }

    static List<NetworkParticipation> network(String csv) {
        List<NetworkParticipation> all = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (NamedCsvRecord row : records(csv, Set.of("npi", "starts", "ends"), Set.of("npi", "starts"))) {
            String npi = npi(row, "npi");
            require(seen.add(npi), row, "names an NPI again");
            Instant starts = instant(row, "starts", false);
            Instant ends = instant(row, "ends", true);
            require(starts != null, row, "needs starts");
            require(ends == null || ends.isAfter(starts), row, "ends before it starts");
            all.add(new NetworkParticipation(npi, starts, ends));
        }
        require(!all.isEmpty(), "The network has no lines: without it no provider gets anything.");
        return all;
    }

    private static List<NamedCsvRecord> records(String csv, Set<String> known, Set<String> needed) {
        List<NamedCsvRecord> rows = new ArrayList<>();
        // Spreadsheets write a mark of the encoding before the first column's name.
        try (CsvReader<NamedCsvRecord> reader = CsvReader.builder().ofNamedCsvRecord(csv.startsWith("\uFEFF") ? csv.substring(1) : csv)) {
            for (NamedCsvRecord row : reader) {
                if (rows.isEmpty()) {
                    require(row.getHeader().containsAll(needed), "The first line names the columns: " + String.join(", ", needed.stream().sorted().toList()) + " are needed.");
                    require(known.containsAll(row.getHeader()), "There are the columns " + String.join(", ", known.stream().sorted().toList()) + " and no others.");
                }
                require(row.getFieldCount() == row.getHeader().size(), row, "has another number of fields than the first line");
                rows.add(row);
            }
        } catch (CsvParseException e) {
            throw new IllegalArgumentException("This is no CSV file (RFC 4180).", e);
        } catch (java.io.IOException e) {
            throw new IllegalStateException("text cannot be read", e);
        }
        return rows;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    private static void require(boolean holds, NamedCsvRecord row, String otherwise) {
        require(holds, "Line " + row.getStartingLineNumber() + " " + otherwise + ".");
    }

    private static String field(NamedCsvRecord row, String column) {
        return row.findField(column).map(String::strip).orElse("");
    }

    private static String npi(NamedCsvRecord row, String column) {
        String npi = field(row, column);
        require(Npi.isValid(npi), row, "has no NPI in " + column + ": ten digits, the last of which checks the others");
        return npi;
    }

    private static ProviderGroup group(NamedCsvRecord row, Instant now) {
        String id = field(row, "group");
        require(id.matches("[A-Za-z0-9\\-.]{1,64}"), row, "has a group that is no FHIR id: letters, digits, - and . only");
        String organization = field(row, "organization");
        require(organization.isEmpty() || organization.matches("Organization/[A-Za-z0-9\\-.]{1,64}"), row, "has an organization that is no reference such as Organization/12");
        require(!field(row, "name").isEmpty(), row, "names no group");
        return new ProviderGroup(id, ProviderGroup.Kind.ATTRIBUTED, field(row, "name"), npi(row, "npi"), field(row, "tin"), organization, field(row, "contract"), ProviderGroup.ListStatus.OPEN, now);
    }

    private static Line line(NamedCsvRecord row) {
        String provider = field(row, "provider_npi");
        String coverage = field(row, "coverage");
        require(coverage.isEmpty() || coverage.matches("Coverage/[A-Za-z0-9\\-.]{1,64}"), row, "has a coverage that is no reference such as Coverage/12");
        Instant starts = instant(row, "starts", false);
        Instant ends = instant(row, "ends", true);
        require(starts == null || ends == null || ends.isAfter(starts), row, "ends before it starts");
        return new Line(row.getStartingLineNumber(), field(row, "member"), provider.isEmpty() ? "" : npi(row, "provider_npi"), coverage, starts, ends);
    }

    private static @Nullable Instant instant(NamedCsvRecord row, String column, boolean end) {
        String text = field(row, column);
        if (text.isEmpty()) {
            return null;
        }
        try {
            return DayOrInstant.of(text, end);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("Line " + row.getStartingLineNumber() + " has " + column + " that is neither a date (2027-01-31) nor an instant with a time zone.", e);
        }
    }

    private static Read resolve(Map<String, ProviderGroup> groups, Map<String, List<Line>> lines, MemberDirectory members, Instant now) {
        List<String> identifiers = lines.values().stream().flatMap(List::stream).map(Line::member).filter(member -> !member.startsWith(PATIENT)).toList();
        Map<String, String> byIdentifier = members.find(identifiers);
        Set<String> known = members.known(lines.values().stream().flatMap(List::stream).map(Line::member).filter(member -> member.matches("Patient/[A-Za-z0-9\\-.]{1,64}")).map(member -> member.substring(PATIENT.length())).toList());
        List<Long> unknown = new ArrayList<>();
        List<Listed> lists = new ArrayList<>();
        groups.forEach((id, group) -> {
            List<Attribution> attributions = new ArrayList<>();
            for (Line line : lines.get(id)) {
                String named = line.member().startsWith(PATIENT) ? line.member().substring(PATIENT.length()) : null;
                String patient = named == null ? byIdentifier.get(line.member()) : known.contains(named) ? named : null;
                if (patient == null) {
                    unknown.add(line.number());
                } else {
                    attributions.add(new Attribution(patient, line.providerNpi(), line.coverage(), line.starts(), line.ends()));
                }
            }
            lists.add(new Listed(group, Stretches.oneOfEach(attributions, now)));
        });
        return new Read(lists, unknown);
    }
}
