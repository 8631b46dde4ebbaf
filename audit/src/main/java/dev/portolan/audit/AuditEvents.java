package dev.portolan.audit;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAction;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentComponent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentNetworkType;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventEntityComponent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventOutcome;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;

/**
 * Entries as FHIR R4 AuditEvents, after IHE's Basic Audit Log Patterns (BALP 1.1: https://profiles.ihe.net/ITI/BALP/). A projection: the trail is what counts, and it holds no search values, so that
 * {@code entity.query} says which parameters were asked by, and no more.
 */
public final class AuditEvents {

    static final String PROFILES = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
    /** The operation by which a file of a bulk export leaves: DICOM's Export, where everything else is REST. */
    public static final String EXPORTED_FILE = "$export-file";

    /** Of what the authorization server records, the operations that are User Authentication; all others are Security Alerts. */
    public static final Set<String> AUTHENTICATIONS = Set.of("sign-in", "sign-out", "token-issued", "token-refused", "token-revoked", "token-reused", "token-introspected");

    private static final String DCM = "http://dicom.nema.org/resources/ontology/DCM";
    private static final String EVENT_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type";
    private static final String INTERACTION = "http://hl7.org/fhir/restful-interaction";
    private static final String ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
    private static final String OBJECT_ROLE = "http://terminology.hl7.org/CodeSystem/object-role";
    private static final String REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    private static final String TOKEN = "urn:ietf:params:oauth:jti:";
    private static final Set<String> READS = Set.of("read", "vread");
    private static final Set<String> SEARCHES = Set.of("search-type", "search-system");
    private static final Set<String> UPDATES = Set.of("update", "patch");
    private static final Set<String> INTERACTIONS = Set.of("read", "vread", "update", "patch", "delete", "history-instance", "history-type", "history-system", "create", "search-type", "search-system",
        "capabilities", "transaction", "batch");
    private static final Map<String, String> PURPOSES = Map.of("MEMBER_REQUEST", "PATRQT", "TREATMENT", "TREAT", "PAYER_EXCHANGE", "COVERAGE", "OPERATIONS", "HOPERAT", "ADMINISTRATION", "SYSADMIN");

    private final URI server;
    private final String codes;

    /** @param server what clients call the server; it stands as the server agent and as the source */
    public AuditEvents(URI server) {
        this.server = server;
        this.codes = server + "/CodeSystem/audit-event";
    }

    /** FHIR's actions by the trail's operations: what a search by {@code action} means. */
    public static Set<String> operations(String action) {
        return switch (action) {
            case "C" -> Set.of("create");
            case "R" -> READS;
            case "U" -> UPDATES;
            case "D" -> Set.of("delete");
            default -> Set.of();
        };
    }

    public AuditEvent of(RecordedEntry recorded) {
        AuditEntry entry = recorded.entry();
        AuditEvent event = new AuditEvent();
        event.setId(recorded.place().id());
        event.getMeta().setVersionId("1").setLastUpdated(Date.from(recorded.place().recorded()));
        String profile = profile(entry);
        if (profile != null) {
            event.getMeta().addProfile(PROFILES + profile);
        }
        kind(event, entry);
        event.setAction(action(entry.operation()));
        event.setRecorded(Date.from(recorded.place().recorded()));
        int status = entry.outcome().status();
        event.setOutcome(status < 400 ? AuditEventOutcome._0 : status < 500 ? AuditEventOutcome._4 : AuditEventOutcome._8);
        event.setOutcomeDesc(entry.outcome().code() == null ? "HTTP " + status : "HTTP " + status + ", " + entry.outcome().code());
        String purpose = PURPOSES.get(entry.authority().purpose());
        if (purpose != null) {
            event.addPurposeOfEvent(purpose(purpose));
        }
        agents(event, entry, purpose);
        event.getSource().setSite(entry.api()).setObserver(who(server.toString())).addType(new Coding("http://terminology.hl7.org/CodeSystem/security-source-type", "3", "Web Server"));
        entities(event, entry);
        return event;
    }

    /** BALP's profiles are for what succeeded, and those about patients for one patient. */
    private static @Nullable String profile(AuditEntry entry) {
        if (entry.outcome().status() >= 400) {
            return null;
        }
        String of = entry.subject().members().size() == 1 ? "Patient" : "";
        String operation = entry.operation();
        boolean one = entry.subject().resource() != null;
        return READS.contains(operation) && one ? of + "Read" : SEARCHES.contains(operation) ? of + "Query" : operation.equals("create") && one ? of + "Create"
            : UPDATES.contains(operation) && one ? of + "Update" : operation.equals("delete") && one ? of + "Delete" : null;
    }

    private static AuditEventAction action(String operation) {
        return operation.equals("create") ? AuditEventAction.C : READS.contains(operation) ? AuditEventAction.R : UPDATES.contains(operation) ? AuditEventAction.U
            : operation.equals("delete") ? AuditEventAction.D : AuditEventAction.E;
    }

    private void kind(AuditEvent event, AuditEntry entry) {
        String operation = entry.operation();
        if (entry.api().equals(AuditEntry.AUDIT)) {
            event.setType(new Coding(DCM, "110101", "Audit Log Used")).addSubtype(own(operation));
        } else if (entry.api().equals(AuditEntry.IDENTITY)) {
            event.setType(AUTHENTICATIONS.contains(operation) ? new Coding(DCM, "110114", "User Authentication") : new Coding(DCM, "110113", "Security Alert"));
            event.addSubtype(switch (operation) {
                case "sign-in" -> new Coding(DCM, "110122", "Login");
                case "sign-out" -> new Coding(DCM, "110123", "Logout");
                case "token-issued" -> new Coding("urn:ihe:event-type-code", "ITI-71", "Get Access Token");
                default -> own(operation);
            });
        } else if (operation.equals(EXPORTED_FILE)) {
            event.setType(new Coding(DCM, "110106", "Export")).addSubtype(own(operation.substring(1)));
        } else {
            event.setType(new Coding(EVENT_TYPE, "rest", "Restful Operation"));
            event.addSubtype(new Coding(INTERACTION, INTERACTIONS.contains(operation) ? operation : "operation", INTERACTIONS.contains(operation) ? operation : null));
            if (!INTERACTIONS.contains(operation)) {
                event.addSubtype(own(operation.startsWith("$") ? operation.substring(1) : operation));
            }
        }
    }

    private Coding own(String code) {
        return new Coding(codes, code, null);
    }

    /** BALP names who data flows from as the source: the server of a read, the client of everything else; of a delete the application and the custodian. */
    private void agents(AuditEvent event, AuditEntry entry, @Nullable String purpose) {
        String operation = entry.operation();
        boolean read = READS.contains(operation);
        boolean delete = operation.equals("delete");
        boolean rest = !entry.api().equals(AuditEntry.IDENTITY) && !entry.api().equals(AuditEntry.AUDIT);
        Coding clientType = delete || !rest ? new Coding(DCM, "110150", "Application") : read ? new Coding(DCM, "110152", "Destination Role ID") : new Coding(DCM, "110153", "Source Role ID");
        Coding serverType = delete ? new Coding("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "custodian", "Custodian")
            : !rest ? new Coding("http://terminology.hl7.org/CodeSystem/extra-security-role-type", "authserver", "authorization server")
            : read ? new Coding(DCM, "110153", "Source Role ID") : new Coding(DCM, "110152", "Destination Role ID");
        boolean alone = entry.caller().person() == null;
        AuditEventAgentComponent client = event.addAgent().setType(new CodeableConcept(clientType)).setWho(who(entry.caller().app())).setRequestor(alone);
        String address = entry.origin().address();
        client.getNetwork().setAddress(address == null ? "unknown" : address).setType(AuditEventAgentNetworkType._2);
        event.addAgent().setType(new CodeableConcept(serverType)).setWho(who(server.toString())).setRequestor(false)
            .getNetwork().setAddress(server.getHost()).setType(AuditEventAgentNetworkType._1);
        AuditEventAgentComponent requestor = alone ? client
            : event.addAgent().setType(new CodeableConcept(new Coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient")))
                .setWho(who(String.valueOf(entry.caller().person()))).setRequestor(true);
        if (entry.caller().relation() != null) {
            requestor.addRole(new CodeableConcept().setText(entry.caller().relation()));
        }
        if (!entry.authority().grant().equals("none")) {
            requestor.addPolicy(TOKEN + entry.authority().grant());
        }
        if (purpose != null) {
            requestor.addPurposeOfUse(purpose(purpose));
        }
    }

    private static void entities(AuditEvent event, AuditEntry entry) {
        AuditEntry.Subject subject = entry.subject();
        AuditEventEntityComponent transaction = event.addEntity().setType(new Coding("https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId", null))
            .setWhat(who(entry.origin().request()));
        detail(transaction, "resources", Integer.toString(subject.resources()));
        detail(transaction, "withheld", subject.withheld() == 0 ? "" : Integer.toString(subject.withheld()));
        detail(transaction, "data-categories", String.join(" ", subject.categories()));
        detail(transaction, "resource-types", String.join(" ", subject.types()));
        detail(transaction, "scopes", String.join(" ", entry.authority().scopes()));
        detail(transaction, "consents", String.join(" ", entry.authority().consents()));
        boolean search = SEARCHES.contains(entry.operation());
        detail(transaction, "detail", search || subject.query() == null ? "" : subject.query());
        subject.members().forEach(member -> event.addEntity().setType(new Coding(ENTITY_TYPE, "1", "Person")).setRole(new Coding(OBJECT_ROLE, "1", "Patient")).setWhat(new Reference("Patient/" + member)));
        if (search) {
            String asked = (subject.types().size() == 1 ? subject.types().get(0) : "") + "?" + (subject.query() == null ? "" : subject.query().replace(',', '&'));
            event.addEntity().setType(new Coding(ENTITY_TYPE, "2", "System Object")).setRole(new Coding(OBJECT_ROLE, "24", "Query")).setDescription(asked).setQuery(asked.getBytes(StandardCharsets.UTF_8));
        } else if (subject.resource() != null) {
            event.addEntity().setType(new Coding(ENTITY_TYPE, "2", "System Object")).setRole(new Coding(OBJECT_ROLE, "4", "Domain Resource")).setWhat(new Reference(subject.resource()));
        }
    }

    private static void detail(AuditEventEntityComponent entity, String type, String value) {
        if (!value.isEmpty()) {
            entity.addDetail().setType(type).setValue(new StringType(value));
        }
    }

    private static Reference who(String identifier) {
        return new Reference().setIdentifier(new Identifier().setValue(identifier)).setDisplay(identifier);
    }

    private static CodeableConcept purpose(String code) {
        return new CodeableConcept(new Coding(REASON, code.toUpperCase(Locale.ROOT), null));
    }
}
