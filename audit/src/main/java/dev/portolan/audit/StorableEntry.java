package dev.portolan.audit;

import dev.portolan.audit.AuditEntry.Authority;
import dev.portolan.audit.AuditEntry.Caller;
import dev.portolan.audit.AuditEntry.Origin;
import dev.portolan.audit.AuditEntry.Outcome;
import dev.portolan.audit.AuditEntry.Subject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Entries as the database can hold them. It refuses a text with U+0000, and one that is too long for an index that it stands in, together with all entries of the group; what is in the journal already it would
 * refuse at each try, and the trail would take nothing any more, after a restart either. Some of what an entry says comes from callers, so it is looked at here, once for all of them.
 */
final class StorableEntry {

    /** Of what stands in an index: PostgreSQL takes 2,704 bytes, and a char has three at most. */
    static final int LONGEST_KEY = 500;
    private static final char NUL = '\0';
    private static final char INSTEAD = '\ufffd';

    private StorableEntry() {}

    /** The entry itself, if it can be stored as it is, as nearly all can. */
    static AuditEntry of(AuditEntry entry) {
        return isStorable(entry) ? entry : stored(entry);
    }

    private static boolean isStorable(AuditEntry entry) {
        Subject subject = entry.subject();
        Authority authority = entry.authority();
        return areKeys(subject.members()) && isKey(entry.caller().app()) && isKey(entry.caller().person())
            && isText(entry.api()) && isText(entry.operation()) && isText(entry.outcome().code()) && isText(entry.caller().relation())
            && areTexts(subject.types()) && isText(subject.resource()) && areTexts(subject.categories()) && isText(subject.query())
            && isText(authority.grant()) && areTexts(authority.scopes()) && isText(authority.purpose()) && areTexts(authority.consents())
            && isText(entry.origin().address()) && isText(entry.origin().request());
    }

    private static AuditEntry stored(AuditEntry entry) {
        Subject subject = entry.subject();
        Authority authority = entry.authority();
        Caller caller = entry.caller();
        return new AuditEntry(text(entry.api()), text(entry.operation()), new Outcome(entry.outcome().status(), orNull(entry.outcome().code())),
            new Caller(key(caller.app()), caller.person() == null ? null : key(caller.person()), orNull(caller.relation())),
            new Subject(subject.members().stream().map(StorableEntry::key).toList(), texts(subject.types()), orNull(subject.resource()), subject.resources(), subject.withheld(), texts(subject.categories()),
                orNull(subject.query())),
            new Authority(text(authority.grant()), texts(authority.scopes()), text(authority.purpose()), texts(authority.consents())),
            new Origin(orNull(entry.origin().address()), text(entry.origin().request())));
    }

    private static boolean isText(@Nullable String text) {
        return text == null || text.indexOf(NUL) < 0;
    }

    private static boolean isKey(@Nullable String key) {
        return key == null || key.length() <= LONGEST_KEY && key.indexOf(NUL) < 0;
    }

    private static boolean areTexts(List<String> texts) {
        for (int i = 0; i < texts.size(); i++) {
            if (!isText(texts.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean areKeys(List<String> keys) {
        for (int i = 0; i < keys.size(); i++) {
            if (!isKey(keys.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static String text(String text) {
        return text.replace(NUL, INSTEAD);
    }

    private static @Nullable String orNull(@Nullable String text) {
        return text == null ? null : text(text);
    }

    private static List<String> texts(List<String> texts) {
        return texts.stream().map(StorableEntry::text).toList();
    }

    private static String key(String key) {
        return text(key.length() > LONGEST_KEY ? key.substring(0, LONGEST_KEY) : key);
    }
}
