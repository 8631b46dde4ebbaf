package dev.portolan.members.notice;

import dev.portolan.members.notice.Notice.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** The words of the messages, one file for each language: {@code KIND.subject} and {@code KIND.body}, with {@code {plan}}, {@code {page}} and {@code {decision}} to be filled in. */
final class NoticeTexts {

    static final String DEFAULT = "en";
    private static final String[] LANGUAGES = {DEFAULT, "es"};

    private final Map<String, Properties> byLanguage = new TreeMap<>();

    NoticeTexts() {
        for (String language : LANGUAGES) {
            Properties texts = read(language);
            for (Kind kind : Kind.values()) {
                if (!texts.containsKey(kind + ".subject") || !texts.containsKey(kind + ".body")) {
                    throw new IllegalStateException("there is no text of " + kind + " in " + language);
                }
            }
            byLanguage.put(language, texts);
        }
    }

    private static Properties read(String language) {
        try (InputStream file = NoticeTexts.class.getResourceAsStream("notices_" + language + ".properties")) {
            Properties texts = new Properties();
            texts.load(new InputStreamReader(java.util.Objects.requireNonNull(file), StandardCharsets.UTF_8));
            return texts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The language to write in for whom wants this one (BCP 47): itself, or what its first part names, or English. */
    String language(String wanted) {
        String first = wanted.split("[-_]", 2)[0].toLowerCase(Locale.ROOT);
        return byLanguage.containsKey(first) ? first : DEFAULT;
    }

    String text(String language, String key, Map<String, String> values) {
        String text = byLanguage.get(language).getProperty(key);
        if (text == null) {
            throw new IllegalStateException("there is no text " + key + " in " + language);
        }
        for (Map.Entry<String, String> value : values.entrySet()) {
            text = text.replace("{" + value.getKey() + "}", value.getValue());
        }
        return text;
    }
}
