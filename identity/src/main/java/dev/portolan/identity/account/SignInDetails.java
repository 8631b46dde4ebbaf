package dev.portolan.identity.account;

import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import org.springframework.security.web.authentication.WebAuthenticationDetails;

/** What a sign-in carries beside name and password: the one-time password, from the form's field or a header of the JSON API. */
public final class SignInDetails extends WebAuthenticationDetails {
    private final transient String code;
    private final Instant at = Instant.now();

    public SignInDetails(HttpServletRequest request) {
        super(request);
        String header = request.getHeader("One-Time-Password");
        String field = request.getParameter("code");
        String given = header != null ? header : field != null ? field : "";
        this.code = given.replace(" ", "");
    }

    /** When the person signed in: what an identity token calls {@code auth_time}. */
    public Instant at() {
        return at;
    }

    String code() {
        return code == null ? "" : code;
    }
}
