package dev.portolan.identity.app;

import dev.portolan.identity.IdentityProperties;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.springframework.stereotype.Component;

/** An app's registration and where it stands: what both its developer and the plan's staff see. */
@Component
final class AppStatus {
    private final HeldChanges held;
    private final AppLifecycle lifecycle;
    private final int reviewDays;

    AppStatus(HeldChanges held, AppLifecycle lifecycle, IdentityProperties properties) {
        this.held = held;
        this.lifecycle = lifecycle;
        this.reviewDays = properties.reviewTarget();
    }

    Map<String, Object> describe(App app) {
        Map<String, Object> json = ClientMetadata.write(app);
        json.put("environment", word(app.environment()));
        json.put("state", word(app.state()));
        json.put("review", word(app.review()));
        json.put("version", lifecycle.version(app.clientId()));
        if (app.submittedAt() != null) {
            json.put("submitted_at", app.submittedAt().toString());
            if (app.review() == App.Review.SUBMITTED || app.review() == App.Review.IN_REVIEW) {
                json.put("decision_due", AppLifecycle.due(app.submittedAt(), reviewDays).toString());
            }
        }
        putChange(json, app);
        return json;
    }

    /** How far the review is, and why it was refused: an app that registered itself has no page where that would stand. */
    void putReview(Map<String, Object> json, App app) {
        json.put("review", word(app.review()));
        if (app.review() == App.Review.REJECTED) {
            lifecycle.history(app.clientId()).stream().filter(event -> App.Review.REJECTED.name().equals(event.to())).reduce((earlier, later) -> later).ifPresent(event -> {
                json.put("review_criterion", String.valueOf(event.criterion()).toLowerCase(Locale.ROOT));
                json.put("review_reason", String.valueOf(event.reason()));
            });
        }
    }

    /** What the app has asked to say instead, if it waits for a decision. */
    void putChange(Map<String, Object> json, App app) {
        held.find(app.clientId()).ifPresent(change -> {
            Map<String, Object> asked = new LinkedHashMap<>();
            asked.put("review", word(app.review()));
            asked.put("asked_at", change.askedAt().toString());
            asked.put("wanted", change.wanted());
            json.put("change", asked);
        });
    }

    /** The app as it has asked to be. */
    App wanted(App app) {
        return held.find(app.clientId()).map(change -> change.of(app)).orElse(app);
    }

    /** The same for people; empty if nothing waits. */
    List<AppChange.Difference> differences(App app) {
        return held.find(app.clientId()).map(change -> new AppChange(app, change.of(app)).differences()).orElse(List.of());
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
