package dev.portolan.identity.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an app's developer was asked about how it treats data (after the CARIN Alliance's code of conduct), and what members are told of the
 * answers. A missing or bad answer stops nobody; the member is warned and decides.
 */
public final class Attestation {
    /** Each question's key, what the developer is asked, and what the member reads when the answer is yes. */
    public record Question(String key, String question, String told) {}

    public static final List<Question> QUESTIONS = List.of(
            new Question("policy", "Is there a privacy policy that anybody can read, in plain language?", "It has a public privacy policy in plain language"),
            new Question("no_sale", "Do you promise never to sell members' data or use it for something they did not ask for?",
                    "It promises not to sell your data or use it for anything else"),
            new Question("ask_first", "Do you ask for consent before you collect or share data?", "It asks before it collects or shares anything"),
            new Question("delete", "Can people have their data deleted?", "You can have your data deleted"),
            new Question("contact", "Can people reach you with questions and complaints?", "You can reach its makers"),
            new Question("encryption", "Is data encrypted, in storage and in transit, and do staff sign in with a second factor?",
                    "It encrypts your data"),
            new Question("code_of_conduct", "Do you follow the CARIN Code of Conduct?", "It follows the CARIN Code of Conduct"),
            new Question("hipaa", "Are you bound by HIPAA?", "It is bound by HIPAA"));

    private Attestation() {}

    /** What can be told the member: each sentence, with whether the developer says yes. */
    public static Map<String, Boolean> answers(App app) {
        Map<String, Boolean> told = new LinkedHashMap<>();
        for (Question q : QUESTIONS) {
            String answer = app.attestation().get(q.key());
            if (answer != null) {
                told.put(q.told(), answer.equals("yes"));
            }
        }
        return told;
    }

    public static List<Question> unanswered(App app) {
        List<Question> open = new ArrayList<>(QUESTIONS);
        open.removeIf(q -> app.attestation().containsKey(q.key()));
        return open;
    }
}
