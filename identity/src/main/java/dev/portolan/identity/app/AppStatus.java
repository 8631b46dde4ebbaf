package dev.portolan.identity.app;

import java.util.Locale;
import java.util.Map;

/** An app's registration and where it stands: what both its developer and the plan's staff see. */
final class AppStatus {
    private AppStatus() {}

    static Map<String, Object> describe(App app, int reviewDays) {
        Map<String, Object> json = ClientMetadata.write(app);
        json.put("environment", app.environment().name().toLowerCase(Locale.ROOT));
        json.put("state", app.state().name().toLowerCase(Locale.ROOT));
        json.put("review", app.review().name().toLowerCase(Locale.ROOT));
        if (app.submittedAt() != null) {
            json.put("submitted_at", app.submittedAt().toString());
            if (app.review() == App.Review.SUBMITTED || app.review() == App.Review.IN_REVIEW) {
                json.put("decision_due", AppLifecycle.due(app.submittedAt(), reviewDays).toString());
            }
        }
        return json;
    }
}
