package dev.portolan.identity.account;

import jakarta.servlet.http.HttpSessionEvent;
import org.springframework.context.ApplicationContext;
import org.springframework.mock.web.MockHttpSession;

/** Lets tests open as many sessions as a server keeps of people who are not signed in. */
public final class SessionsForTests {
    private SessionsForTests() {}

    public static void openAsManyAsAreKept(ApplicationContext context) {
        StrangersSessions sessions = context.getBean(StrangersSessions.class);
        for (int i = 0; i < StrangersSessions.MOST; i++) {
            sessions.sessionCreated(new HttpSessionEvent(new MockHttpSession()));
        }
    }
}
