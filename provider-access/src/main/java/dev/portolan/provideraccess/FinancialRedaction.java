package dev.portolan.provideraccess;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Takes provider remittances and enrollee cost-sharing out of a resource (42 CFR 422.121(a)(2)). What stays has its own bytes. An adjudication stays for what it says beside money: why a service was
 * denied or adjusted, how many units were allowed, whether a provider was in the network, what was decided on a prior authorization.
 */
final class FinancialRedaction {

    /** The types of this base whose own elements are money. */
    static final Set<String> TYPES = Set.of("ExplanationOfBenefit", "Coverage");

    /** Those that are not offered here, and may be contained in what is. */
    private static final Set<String> CONTAINED = Set.of("ExplanationOfBenefit", "Coverage", "Account", "ChargeItem", "Claim", "ClaimResponse", "Contract", "CoverageEligibilityResponse", "EnrollmentResponse", "Invoice",
        "PaymentNotice", "PaymentReconciliation");
    /** Names that a resource of another type has if there is anything to take out of it; an escape may stand in a name. */
    private static final List<byte[]> SIGNS = Stream.of("\"contained\"", "Money\"", "\\u00").map(sign -> sign.getBytes(StandardCharsets.US_ASCII)).toList();

    /** Elements whose sense is money, wherever they stand in one of these types. */
    private static final Set<String> MONEY = Set.of(
        "payment", "total", "benefitBalance", "unitPrice", "net", "factor", "form", "costToBeneficiary", "amount", "tax", "priceOverride", "totalNet", "totalGross", "paymentAmount", "allowedMoney", "usedMoney");

    private static final Set<String> KEPT_CATEGORIES = Set.of(
        "allowedunits", "consumedunits", "adjustmentreason", "rejectreason", "denialreason", "billingnetworkstatus", "renderingnetworkstatus", "inoutnetwork", "benefitpaymentstatus");
    private static final Set<String> EXTENSIONS = Set.of("extension", "modifierExtension");
    private static final Set<String> UNITS = Set.of("allowedunits", "consumedunits");
    /** An amount in words that somebody wrote. */
    private static final Pattern AMOUNT = Pattern.compile("[$€£]\\s?[-.]?\\d|\\b\\d[\\d,.]*\\s?(USD|dollars?\\b|cents?\\b|[$€£])|\\bUSD\\s?\\d", Pattern.CASE_INSENSITIVE);
    /** In what is said of a claim as a whole a number with cents is one too; elsewhere it may be a dose. */
    private static final Pattern CENTS = Pattern.compile("(?<![\\w.])\\d[\\d,]*\\.\\d{2}(?![\\w.])");
    private static final Set<String> WRITTEN = Set.of("text", "valueString", "valueMarkdown", "disposition", "description", "title", "comment", "display");
    private static final Set<String> DOLLARS = Set.of("usd", "$", "us$", "dollar", "dollars", "us dollars", "cent", "cents");
    private static final Pattern FINANCIAL_PROFILE = Pattern.compile(
        "(http://hl7\\.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit-(?:Inpatient-Institutional|Outpatient-Institutional|Professional-NonClinician|Pharmacy|Oral))(\\|.*)?");

    /** Code systems by another name since CARIN Blue Button 2.1, whose Basis profiles the claims of an older version are told by: the codes are the same. */
    private static final Map<String, String> NAMED_ANEW = Map.of(
        "https://www.nubc.org/CodeSystem/PresentOnAdmissionIndicator", "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/HospitalAcqCond/Coding",
        "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBSurfaceCodes", "http://terminology.hl7.org/CodeSystem/ADAToothSurfaceCodes",
        "http://terminology.hl7.org/CodeSystem/icd9", "http://hl7.org/fhir/sid/icd-9-cm");

    /** Bytes that can be taken back. */
    private static final class Text extends ByteArrayOutputStream {

        Text(int size) {
            super(size);
        }

        void cut(int length) {
            count = length;
        }

        void ascii(String text) {
            writeBytes(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    byte[] of(String type, byte[] json) {
        boolean financial = TYPES.contains(type);
        if (!financial && SIGNS.stream().noneMatch(sign -> holds(json, sign))) {
            return json;
        }
        JsonDocument document = JsonDocument.parse(json);
        Text out = new Text(json.length);
        object(document.root(), out, financial ? Place.RESOURCE : holdsClaim(document.root()) ? Place.HOLDER : Place.OTHERS);
        byte[] redacted = out.toByteArray();
        return Arrays.equals(redacted, json) ? json : redacted; // what was put in may be as long as what was taken out
    }

    private static boolean holdsClaim(JsonValue resource) {
        for (JsonValue field : resource.children()) {
            for (JsonValue contained : "contained".equals(field.name()) ? field.children() : List.<JsonValue>of()) {
                if (CONTAINED.contains(String.valueOf(contained.fieldText("resourceType")))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean holds(byte[] json, byte[] sign) {
        for (int at = 0; at <= json.length - sign.length; at++) {
            if (json[at] == sign[0] && Arrays.equals(json, at, at + sign.length, sign, 0, sign.length)) {
                return true;
            }
        }
        return false;
    }

    /** What an object is, as far as it decides what goes. */
    private enum Place {
        RESOURCE,
        META,
        ADJUDICATION,
        UNITS,
        OTHER,
        /** A resource whose own elements are not money, and anything in it: what it contains may be a claim, and an extension a price. */
        OTHERS,
        /** Such a resource itself, which contains a claim: its narrative may say what that says. */
        HOLDER
    }

    /** False if nothing of it is left. */
    private boolean value(JsonValue value, Text out, Place place) {
        if (value.isObject()) {
            return object(value, out, place);
        }
        if (value.isArray()) {
            return array(value, out, place);
        }
        out.write(value.document().bytes(), value.start(), value.end() - value.start());
        return true;
    }

    private boolean object(JsonValue object, Text out, Place place) {
        int begin = out.size();
        out.write('{');
        boolean any = false;
        for (JsonValue field : object.children()) {
            String name = String.valueOf(field.name());
            if (goes(name, field, place)) {
                continue;
            }
            int before = out.size();
            if (any) {
                out.write(',');
            }
            out.write(field.document().bytes(), field.nameStart(), field.start() - field.nameStart());
            boolean left = place == Place.META && name.equals("profile") ? profiles(field, out) : value(field, out, of(name, field, place));
            if (!left) {
                out.cut(before);
            }
            any |= left;
        }
        if (!any) {
            out.cut(begin);
            return false;
        }
        out.write('}');
        return true;
    }

    private static Place of(String name, JsonValue field, Place place) {
        if (place == Place.OTHERS || place == Place.HOLDER) {
            return Place.OTHERS;
        }
        return switch (name) {
            case "meta" -> place == Place.RESOURCE ? Place.META : Place.OTHER;
            case "contained" -> Place.RESOURCE;
            case "adjudication" -> Place.ADJUDICATION;
            default -> Place.OTHER;
        };
    }

    private static boolean goes(String name, JsonValue field, Place place) {
        String element = name.startsWith("_") ? name.substring(1) : name;
        if (place == Place.OTHERS || place == Place.HOLDER) {
            return place == Place.HOLDER && element.equals("text");
        }
        if (MONEY.contains(element) || element.endsWith("Money") || isMoney(field)) {
            return true;
        }
        return switch (place) {
            // The narrative may say in words what was taken out.
            case RESOURCE -> element.equals("text") || element.equals("disposition") && field.isString() && tells(field.text()) || isAmount(element, field);
            case ADJUDICATION -> element.equals("value") || isAmount(element, field);
            default -> isAmount(element, field);
        };
    }

    private static boolean isAmount(String element, JsonValue field) {
        return WRITTEN.contains(element) && field.isString() && AMOUNT.matcher(field.text()).find();
    }

    private static boolean tells(String note) {
        return AMOUNT.matcher(note).find() || CENTS.matcher(note).find();
    }

    private static boolean isMoney(JsonValue value) {
        return value.isObject() && (value.field("currency") != null || value.field("value") != null && ("urn:iso:std:iso:4217".equals(value.fieldText("system"))
            || isDollars(value.fieldText("unit")) || isDollars(value.fieldText("code"))));
    }

    private static boolean isDollars(@Nullable String unit) {
        return unit != null && DOLLARS.contains(unit.strip().toLowerCase(Locale.ROOT));
    }

    private boolean array(JsonValue array, Text out, Place place) {
        int begin = out.size();
        String name = String.valueOf(array.name());
        out.write('[');
        boolean any = false;
        for (JsonValue element : array.children()) {
            boolean others = place == Place.OTHERS;
            if (others ? EXTENSIONS.contains(name) && holdsMoney(element) : isMoney(element) || elementGoes(name, element)) {
                continue;
            }
            int before = out.size();
            if (any) {
                out.write(',');
            }
            boolean left = value(element, out, ofElement(name, element, place));
            if (!left) {
                out.cut(before);
            }
            any |= left;
        }
        if (!any) {
            out.cut(begin);
            return false;
        }
        if (name.equals("coding") && place != Place.OTHERS) {
            anew(array, out);
        }
        out.write(']');
        return true;
    }

    /** The codes of an older version's code systems once more under the name that the Basis profiles ask for. */
    private static void anew(JsonValue codings, Text out) {
        for (JsonValue coding : codings.children()) {
            String system = NAMED_ANEW.get(String.valueOf(coding.fieldText("system")));
            JsonValue code = coding.field("code");
            if (system != null && code != null && !names(codings, system)) {
                out.ascii(",{\"system\":\"" + system + "\",\"code\":");
                out.write(code.document().bytes(), code.start(), code.end() - code.start());
                out.write('}');
            }
        }
    }

    private static boolean names(JsonValue codings, String system) {
        for (JsonValue coding : codings.children()) {
            if (system.equals(coding.fieldText("system"))) {
                return true;
            }
        }
        return false;
    }

    private static Place ofElement(String name, JsonValue element, Place place) {
        if (place == Place.OTHERS) {
            return name.equals("contained") && CONTAINED.contains(String.valueOf(element.fieldText("resourceType"))) ? Place.RESOURCE : Place.OTHERS;
        }
        return place == Place.ADJUDICATION && isOf(UNITS, element) ? Place.UNITS : place;
    }

    private static boolean elementGoes(String name, JsonValue element) {
        return switch (name) {
            case "extension", "modifierExtension" -> holdsMoney(element);
            case "adjudication" -> !staysOf(element);
            case "processNote" -> tells(String.valueOf(element.fieldText("text")));
            case "supportingInfo" -> holdsMoney(element);
            default -> false;
        };
    }

    private static boolean holdsMoney(JsonValue element) {
        for (JsonValue field : element.children()) {
            if (String.valueOf(field.name()).endsWith("Money") || isMoney(field)) {
                return true;
            }
        }
        return false;
    }

    /** An adjudication that says something beside money: by its category, or by a decision on a prior authorization (PDex, extension reviewAction). */
    private static boolean staysOf(JsonValue adjudication) {
        if (isOf(KEPT_CATEGORIES, adjudication) || adjudication.field("reason") != null) {
            return true;
        }
        JsonValue extensions = adjudication.field("extension");
        if (extensions != null) {
            for (JsonValue extension : extensions.children()) {
                if (!holdsMoney(extension)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isOf(Set<String> categories, JsonValue adjudication) {
        JsonValue category = adjudication.field("category");
        JsonValue codings = category == null ? null : category.field("coding");
        if (codings != null) {
            for (JsonValue coding : codings.children()) {
                if (categories.contains(String.valueOf(coding.fieldText("code")))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** A claim without its money is what the Basis profile of its kind describes. Those came with 2.1: an older version's number would name what is not there. */
    private static boolean profiles(JsonValue profiles, Text out) {
        out.write('[');
        boolean any = false;
        for (JsonValue profile : profiles.children()) {
            if (any) {
                out.write(',');
            }
            Matcher financial = FINANCIAL_PROFILE.matcher(profile.text());
            if (financial.matches()) {
                String version = financial.group(2) == null || financial.group(2).startsWith("|1.") || financial.group(2).startsWith("|2.0") ? "" : financial.group(2);
                out.ascii("\"" + financial.group(1) + "-Basis" + version.replaceAll("[^|0-9A-Za-z.-]", "") + "\"");
            } else {
                out.write(profile.document().bytes(), profile.start(), profile.end() - profile.start());
            }
            any = true;
        }
        out.write(']');
        return any;
    }
}
