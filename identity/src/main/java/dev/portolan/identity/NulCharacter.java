package dev.portolan.identity;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The one character that PostgreSQL keeps in no text (U+0000), and that nobody's name or address has: it is refused where it comes in. */
public final class NulCharacter {
    private NulCharacter() {}

    /** @param json a text, or what holds texts as JSON does: maps, lists */
    public static boolean isIn(@Nullable Object json) {
        if (json instanceof Map<?, ?> map) {
            return isIn(map.keySet()) || isIn(map.values());
        }
        if (json instanceof Iterable<?> list) {
            for (Object each : list) {
                if (isIn(each)) {
                    return true;
                }
            }
        }
        return json instanceof String text && text.indexOf('\0') >= 0;
    }
}
