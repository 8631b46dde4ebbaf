package dev.portolan.identity;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.Accounts.NewAccount;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRequest;
import java.util.List;
import java.util.Map;

/** The people and apps of the tests. */
final class Personas {
    static final String PASSWORD = "correct horse battery";

    private Personas() {}

    /** Rosa Vega, a member. */
    static Account rosa(IdentityServer server) {
        return server.bean(Accounts.class).add(NewAccount.member("rosa", PASSWORD, "Rosa Vega", "rosa-1"));
    }

    /** Tom Vega, Rosa's son: a member too, and her caregiver. */
    static Account tom(IdentityServer server, boolean actsForRosa) {
        Accounts accounts = server.bean(Accounts.class);
        Account tom = accounts.add(NewAccount.member("tom", PASSWORD, "Tom Vega", "tom-1"));
        if (actsForRosa) {
            accounts.addRepresentation(tom.id(), new Accounts.Represented("rosa-1", "Rosa Vega", "caregiver", "RelatedPerson/tom-for-rosa"), null);
        }
        return tom;
    }

    /** Dr. Ada Okoye, the plan's care manager. */
    static Account ada(IdentityServer server) {
        return server.bean(Accounts.class).add(NewAccount.staff("ada", PASSWORD, "Ada Okoye", "Practitioner/ada-1", "CLINICIAN"));
    }

    /** Grace Lin, who reviews apps. */
    static Account grace(IdentityServer server) {
        return server.bean(Accounts.class).add(NewAccount.staff("grace", PASSWORD, "Grace Lin", null, "ADMIN"));
    }

    static AppRequest asks(String name, String method, List<String> grants, String scope, String jwksUri, String jwks) {
        List<String> redirects = grants.contains("authorization_code") ? List.of(SmartApp.REDIRECT) : List.of();
        return new AppRequest(name, null, method, grants, null, scope, redirects, null, jwksUri, jwks,
                new App.Metadata("Keeps track of your health.", "Blue Harbor Inc.", "", "", "", "", List.of("dev@blueharbor.example"), "", "", ""),
                Map.of("policy", "yes", "no_sale", "yes"));
    }

    static AppLifecycle.Registered register(IdentityServer server, AppRequest request) {
        return server.bean(AppLifecycle.class).register(request, "test", null, false);
    }

    /** An app in a browser: no secret. */
    static SmartApp publicApp(IdentityServer server) {
        return new SmartApp(server, register(server, asks("Blue Harbor", "none", List.of("authorization_code"), null, null, null)).app().clientId());
    }

    /** An app on a server, with a secret. */
    static SmartApp confidentialApp(IdentityServer server) {
        var registered = register(server, asks("Blue Harbor Server", "client_secret_basic", List.of("authorization_code"), null, null, null));
        return new SmartApp(server, registered.app().clientId()).withBasic(registered.secret().secret());
    }
}
