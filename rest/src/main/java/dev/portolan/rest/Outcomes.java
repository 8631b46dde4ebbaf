package dev.portolan.rest;

import dev.portolan.fhir.json.XmlCharacters;
import dev.portolan.fhir.outcome.Issue;
import java.util.List;

/** Writes OperationOutcomes. Names of parameters, of elements and the like that stand in them come from callers: what XML cannot hold of them is replaced. */
final class Outcomes {

    private Outcomes() {}

    static byte[] of(FhirException refusal, String codeSystem) {
        ByteBuilder out = new ByteBuilder(512);
        out.ascii("{\"resourceType\":\"OperationOutcome\",\"issue\":[");
        issue(out, "error", refusal.problem().issue(), refusal.problem().code(), codeSystem, String.valueOf(refusal.getMessage()));
        for (Issue issue : refusal.issues()) {
            out.append((byte) ',');
            issue(out, issue);
        }
        return out.ascii("]}").toBytes();
    }

    private static void issue(ByteBuilder out, String severity, String type, String code, String codeSystem, String text) {
        out.ascii("{\"severity\":\"").ascii(severity).ascii("\",\"code\":\"").ascii(type).ascii("\",\"details\":{\"coding\":[{\"system\":").string(codeSystem)
            .ascii(",\"code\":\"").ascii(code).ascii("\"}],\"text\":").string(XmlCharacters.only(text)).ascii("},\"diagnostics\":").string(XmlCharacters.only(text)).ascii("}");
    }

    private static void issue(ByteBuilder out, Issue issue) {
        out.ascii("{\"severity\":\"").ascii(issue.severity().code()).ascii("\",\"code\":\"").ascii(issue.type().code()).ascii("\",\"diagnostics\":").string(XmlCharacters.only(issue.message()));
        if (!issue.expression().isEmpty()) {
            out.ascii(",\"expression\":[").string(XmlCharacters.only(issue.expression())).ascii("]");
        }
        out.ascii("}");
    }

    /** Findings that refuse nothing; with none of them, one that says so. */
    static byte[] of(List<Issue> issues, String allGood) {
        ByteBuilder out = new ByteBuilder(512);
        out.ascii("{\"resourceType\":\"OperationOutcome\",\"issue\":[");
        if (issues.isEmpty()) {
            note(out, "information", "informational", allGood);
        }
        for (int i = 0; i < issues.size(); i++) {
            out.ascii(i == 0 ? "" : ",");
            issue(out, issues.get(i));
        }
        return out.ascii("]}").toBytes();
    }

    /** One remark. */
    static byte[] note(String severity, String type, String text) {
        ByteBuilder out = new ByteBuilder(256);
        out.ascii("{\"resourceType\":\"OperationOutcome\",\"issue\":[");
        note(out, severity, type, text);
        return out.ascii("]}").toBytes();
    }

    /** A parameter that had no effect, and why. */
    record Ignored(String name, String reason) {}

    static byte[] ignored(List<Ignored> parameters) {
        ByteBuilder out = new ByteBuilder(512);
        out.ascii("{\"resourceType\":\"OperationOutcome\",\"issue\":[");
        String comma = "";
        for (Ignored parameter : parameters) {
            note(out.ascii(comma), "warning", "not-supported", "parameter " + parameter.name() + " was ignored: " + parameter.reason());
            comma = ",";
        }
        return out.ascii("]}").toBytes();
    }

    static void note(ByteBuilder out, String severity, String type, String text) {
        out.ascii("{\"severity\":\"").ascii(severity).ascii("\",\"code\":\"").ascii(type).ascii("\",\"diagnostics\":").string(XmlCharacters.only(text)).ascii("}");
    }
}
