package dev.portolan.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.Accounts.NewAccount;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRequest;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.SandboxTokens;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.consent.Preference;
import dev.portolan.members.consent.Preferences;
import dev.portolan.members.merge.Merges;
import dev.portolan.provideraccess.ProviderAccessApi;

/** Who holds tokens in a {@link MarkedWorld}, what members decide as time goes on, and what follows from it. */
final class MarkedPeople {

    private static final Map<SensitiveCategory, String> LABELS = Map.of(SensitiveCategory.SUBSTANCE_USE, MarkedWorld.ETH, SensitiveCategory.MENTAL_HEALTH, MarkedWorld.PSY, SensitiveCategory.HIV, MarkedWorld.HIV,
            SensitiveCategory.CONFIDENTIAL, MarkedWorld.RESTRICTED);
    private static final Set<String> NOT_FOR_MEMBERS = Set.of("Task", "AuditEvent", "Group");
    private static final Set<String> NOT_FOR_PROVIDERS = Set.of("Task", "Claim", "Consent", "AuditEvent");
    private static final String KEY = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"k\",\"alg\":\"ES384\",\"use\":\"sig\",\"x\":\"JQKTsV6PT5Szf4QtDA1qrs0EJ1pbimQmM2SKvzOlIAqlph3h1OHmZ2i7MXahIF2C\",\"y\":\"bRWWQRJBgDa6CTgwofYrHjVGcO-A7WNEnu4oJA5OUJPPPpczgx1g2NsfinK-D2Rw\"}]}";
    private static final String APP = "sample-public";

    private final PortolanServer server;
    private final MarkedWorld world;
    private final Random random;
    private final Map<String, Account> accounts = new HashMap<>();
    private final Map<String, Set<String>> held = new HashMap<>();
    private final Set<String> optedOut = new TreeSet<>();
    private final Set<String> shutOut = new TreeSet<>();
    private final List<MarkedGrant> grants = new ArrayList<>();
    private boolean merged;

    MarkedPeople(PortolanServer server, MarkedWorld world, Random random) {
        this.server = server;
        this.world = world;
        this.random = random;
        world.patients.forEach((name, patient) -> {
            server.part(Accounts.class).add(NewAccount.member(name, "correct horse battery", name, patient));
            accounts.put(name, server.part(Accounts.class).findByUsername(name).orElseThrow());
        });
        represents("head", "teen", "parent");
        represents("head", "child", "parent");
        represents("other", "stranger", "caregiver");
        server.part(ProviderAccessApi.class).takeNetwork("npi,starts,ends\n" + ProviderStand.CLINIC + ",2020-01-01,\n" + ProviderStand.RIVAL + ",2020-01-01,\n");
        list("clinic", ProviderStand.CLINIC, "head", "spouse", "double", "other");
        list("rival", ProviderStand.RIVAL, "child", "stranger", "other");
        for (String[] who : new String[][] {{"head", "head"}, {"head", "teen"}, {"head", "child"}, {"spouse", "spouse"}, {"teen", "teen"}, {"twin", "twin"}, {"double", "double"}, {"other", "other"}, {"other", "stranger"}, {"twin", "twin"}}) {
            grants.add(member(who[0], who[1]));
        }
        grants.add(provider("clinic", Set.of("head", "spouse", "double", "other")));
        grants.add(provider("clinic", Set.of("head", "spouse", "double", "other")));
        grants.add(provider("rival", Set.of("child", "stranger", "other")));
        grants.add(program(server.operatorApp(), true));
        grants.add(program("clinic-ehr" + world.who(""), false));
    }

    List<MarkedGrant> grants() {
        return grants;
    }

    /** What happens, one after the other. */
    List<Runnable> steps() {
        return List.of(() -> { }, this::decide, world::change, this::merge, this::decide, this::part);
    }

    private void represents(String person, String member, String relation) {
        server.part(Accounts.class).addRepresentation(accounts.get(world.who(person)).id(), new Accounts.Represented(world.patients.get(world.who(member)), member, relation, null), null);
    }

    private void list(String name, String npi, String... members) {
        String group = world.who(name);
        String app = name + "-ehr" + world.who("");
        StringBuilder csv = new StringBuilder("group,name,npi,member\n");
        for (String member : members) {
            csv.append(group).append(',').append(name).append(',').append(npi).append(",Patient/").append(world.patients.get(world.who(member))).append('\n');
        }
        server.part(ProviderAccessApi.class).take(csv.toString(), "test");
        server.part(AppLifecycle.class).register(app, new AppRequest(app, App.Kind.BACKEND, "private_key_jwt", List.of("client_credentials"), null, "system/*.rs", List.of(), null, null, KEY, App.Metadata.EMPTY, Map.of()), "test", null, true);
        server.part(Attributions.class).bind(app, group, "test");
    }

    private String token(String app, @Nullable String person, @Nullable String member, String scopes) {
        Account account = person == null ? null : accounts.get(world.who(person));
        return server.part(SandboxTokens.class).issue(app, account == null ? null : account.id(), member == null ? null : world.patients.get(world.who(member)), account == null ? null : "Patient/" + account.patient(), SmartScopes.parse(scopes), null,
                Duration.ofHours(1));
    }

    private MarkedGrant member(String person, String member) {
        List<MarkedGrant.Scope> scopes = MarkedGrant.scopes(random);
        MarkedGrant said = new MarkedGrant(person + " for " + member, "", "patient-access", () -> shutOut.contains(world.who(member)) || merged && member.equals("twin") && shutOut.contains(world.who("double")) ? Set.of() : Set.of(world.who(member)),
                home -> heldBack(world.who(member)), Set.of(), offered(NOT_FOR_MEMBERS), scopes, false);
        Set<String> minor = person.equals("head") && member.equals("teen") ? MarkedWorld.SENSITIVE : Set.of();
        return new MarkedGrant(said.name(), token(APP, person, member, said.scopeText("patient")), said.base(), said.members(), said.withheld(), minor, said.types(), scopes, false);
    }

    private static Set<String> offered(Set<String> without) {
        Set<String> types = new TreeSet<>(Set.of("Patient", "Coverage", "Encounter", "Condition", "Observation", "DiagnosticReport", "DocumentReference", "Binary", "ExplanationOfBenefit", "MedicationRequest", "Medication", "List", "Provenance",
                "Communication", "Composition", "Organization", "Practitioner", "Location", "RelatedPerson", "Claim", "Consent", "Task"));
        types.removeAll(without);
        return types;
    }

    /** What a member holds back, and while two are one what either does. */
    private Set<String> heldBack(@Nullable String member) {
        Set<String> all = new TreeSet<>(held.getOrDefault(String.valueOf(member), Set.of()));
        if (merged && world.who("twin").equals(member)) {
            all.addAll(held.getOrDefault(world.who("double"), Set.of()));
        }
        return all;
    }

    private MarkedGrant provider(String name, Set<String> listed) {
        List<MarkedGrant.Scope> scopes = MarkedGrant.scopes(random);
        MarkedGrant said = new MarkedGrant(name, "", "provider-access", () -> patients(listed), this::heldBack, Set.of(MarkedWorld.ETH), offered(NOT_FOR_PROVIDERS), scopes, true);
        return new MarkedGrant(name, token(name + "-ehr" + world.who(""), null, null, said.scopeText("system") + " system/Group.rs"), said.base(), said.members(), said.withheld(), said.policy(), said.types(), scopes, true);
    }

    private Set<String> patients(Set<String> listed) {
        return listed.stream().map(world::who).map(name -> merged && name.equals(world.who("double")) ? world.who("twin") : name)
                .filter(name -> !optedOut.contains(name) && !(merged && name.equals(world.who("twin")) && optedOut.contains(world.who("double")))).collect(Collectors.toCollection(TreeSet::new));
    }

    private MarkedGrant program(String app, boolean everyone) {
        List<MarkedGrant.Scope> scopes = MarkedGrant.scopes(random);
        MarkedGrant said = new MarkedGrant(app, "", "system", () -> everyone ? null : Set.of(), home -> Set.of(), Set.of(), everyone ? Set.of() : Set.of("none"), scopes, false);
        return new MarkedGrant(app, token(app, null, null, said.scopeText("system")), "system", said.members(), said.withheld(), Set.of(), said.types(), scopes, false);
    }

    private void record(String member, Preference.Kind kind, Preference.Decision decision, Set<SensitiveCategory> categories) {
        server.part(Preferences.class).record(new Preferences.Choice(world.patients.get(member), kind, kind == Preference.Kind.APP ? APP : "", decision, categories, null), new Preference.Recorded("test", "self", "api", "en"));
    }

    private void decide() {
        for (String member : world.patients.keySet()) {
            if (merged && List.of(world.who("twin"), world.who("double")).contains(member)) {
                continue; // what is said while two are one is about both
            }
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    SensitiveCategory category = List.copyOf(new TreeSet<>(LABELS.keySet())).get(random.nextInt(LABELS.size()));
                    record(member, Preference.Kind.SENSITIVE, Preference.Decision.DENY, Set.of(category));
                    held.put(member, Set.of(LABELS.get(category)));
                }
                case 2 -> {
                    boolean out = !optedOut.remove(member) && optedOut.add(member);
                    record(member, Preference.Kind.PROVIDER_ACCESS, out ? Preference.Decision.DENY : Preference.Decision.PERMIT, Set.of());
                }
                case 3 -> {
                    boolean out = !shutOut.remove(member) && shutOut.add(member);
                    record(member, Preference.Kind.APP, out ? Preference.Decision.DENY : Preference.Decision.PERMIT, Set.of());
                }
                default -> { }
            }
        }
    }

    private void merge() {
        server.part(Merges.class).merge(world.patients.get(world.who("twin")), world.patients.get(world.who("double")), false, "test", "one person");
        world.merged(world.who("double"), world.who("twin"));
        merged = true;
    }

    private void part() {
        server.part(Merges.class).undo(world.patients.get(world.who("double")), "test", "two persons");
        world.parted(world.who("double"), world.who("twin"));
        merged = false;
    }
}
