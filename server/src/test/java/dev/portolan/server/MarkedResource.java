package dev.portolan.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/** A resource as the test wrote it, with every version: what is expected follows from this, and from nothing that the server says. */
final class MarkedResource {

    /** What stands nowhere but in the resource that bears it, and where others refer to it. */
    static final Pattern MARK = Pattern.compile("mk[0-9a-z]{8}z");

    final String type;
    final String id;
    /** Marks that stand in remittances and cost-sharing. */
    final Set<String> money;
    /** {@code Type/id} of what it is about, whose labels it takes on. */
    final List<String> about;
    final List<Version> versions = new ArrayList<>();

    /**
     * One version.
     *
     * @param home the member in whose record it is, null for nobody's
     * @param labels security labels: its own, and those that it took on
     * @param category a code by which scopes choose, or empty
     * @param old whether its service was before providers' data begins
     */
    record Version(String json, @Nullable String home, Set<String> labels, String category, boolean old, boolean deleted) {

        Version with(Set<String> more) {
            Set<String> all = new TreeSet<>(labels);
            all.addAll(more);
            return new Version(json, home, all, category, old, deleted);
        }
    }

    MarkedResource(String type, String id, Set<String> money, List<String> about, Version first) {
        this.type = type;
        this.id = id;
        this.money = money;
        this.about = about;
        versions.add(first);
    }

    Version now() {
        return versions.get(versions.size() - 1);
    }

    void becomes(Version next) {
        versions.add(next);
    }

    /** Without being a version of its own: a label that came in the transaction that wrote it. */
    void labelled(Set<String> labels) {
        versions.set(versions.size() - 1, now().with(labels));
    }

    String reference() {
        return type + "/" + id;
    }

    static Set<String> marks(String text) {
        Set<String> marks = new TreeSet<>();
        Matcher matcher = MARK.matcher(text);
        while (matcher.find()) {
            marks.add(matcher.group());
        }
        return marks;
    }
}
