package dev.portolan.provideraccess;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes provider remittances and enrollee cost-sharing out of a resource (42 CFR 422.121(a)(2)). What stays has its own bytes. An adjudication stays for what it says beside money: why a service was
 * denied or adjusted, how many units were allowed, whether a provider was in the network, what was decided on a prior authorization.
 */
final class FinancialRedaction {

    /** All types that have anything to take out. */
    static final Set<String> TYPES = Set.of("ExplanationOfBenefit", "Coverage");

    /** Elements whose sense is money, wherever they stand in one of these types. */
    private static final Set<String> MONEY = Set.of(
        "payment", "total", "benefitBalance", "unitPrice", "net", "factor", "form", "costToBeneficiary", "amount", "tax", "priceOverride", "totalNet", "totalGross", "paymentAmount", "allowedMoney", "usedMoney");

    private static final Set<String> KEPT_CATEGORIES = Set.of(
        "allowedunits", "consumedunits", "adjustmentreason", "rejectreason", "denialreason", "billingnetworkstatus", "renderingnetworkstatus", "inoutnetwork", "benefitpaymentstatus");
    private static final Set<String> UNITS = Set.of("allowedunits", "consumedunits");
    private static final Pattern AMOUNT = Pattern.compile("[$€£]\\s?\\d|\\b\\d[\\d,.]*\\s?(USD|dollars?)\\b|\\bUSD\\s?\\d", Pattern.CASE_INSENSITIVE);
    private static final Pattern FINANCIAL_PROFILE = Pattern.compile(
        "(http://hl7\\.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit-(?:Inpatient-Institutional|Outpatient-Institutional|Professional-NonClinician|Pharmacy|Oral))(\\|.*)?");

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
        if (!TYPES.contains(type)) {
            return json;
        }
        JsonDocument document = JsonDocument.parse(json);
        Text out = new Text(json.length);
        object(document.root(), out, Place.RESOURCE);
        return out.toByteArray();
    }

    /** What an object is, as far as it decides what goes. */
    private enum Place {
        RESOURCE,
        META,
        ADJUDICATION,
        UNITS,
        OTHER
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
        return switch (name) {
            case "meta" -> place == Place.RESOURCE ? Place.META : Place.OTHER;
            case "contained" -> Place.RESOURCE;
            case "adjudication" -> Place.ADJUDICATION;
            default -> Place.OTHER;
        };
    }

    private static boolean goes(String name, JsonValue field, Place place) {
        String element = name.startsWith("_") ? name.substring(1) : name;
        if (MONEY.contains(element) || element.endsWith("Money") || isMoney(field)) {
            return true;
        }
        return switch (place) {
            // The narrative may say in words what was taken out.
            case RESOURCE -> element.equals("text") || element.equals("disposition") && field.isString() && AMOUNT.matcher(field.text()).find();
            case ADJUDICATION -> element.equals("value");
            default -> false;
        };
    }

    private static boolean isMoney(JsonValue value) {
        return value.isObject() && (value.field("currency") != null || "urn:iso:std:iso:4217".equals(value.fieldText("system")) && value.field("value") != null);
    }

    private boolean array(JsonValue array, Text out, Place place) {
        int begin = out.size();
        String name = String.valueOf(array.name());
        out.write('[');
        boolean any = false;
        for (JsonValue element : array.children()) {
            if (isMoney(element) || elementGoes(name, element)) {
                continue;
            }
            int before = out.size();
            if (any) {
                out.write(',');
            }
            boolean left = value(element, out, place == Place.ADJUDICATION && isOf(UNITS, element) ? Place.UNITS : place);
            if (!left) {
                out.cut(before);
            }
            any |= left;
        }
        if (!any) {
            out.cut(begin);
            return false;
        }
        out.write(']');
        return true;
    }

    private static boolean elementGoes(String name, JsonValue element) {
        return switch (name) {
            case "extension", "modifierExtension" -> holdsMoney(element);
            case "adjudication" -> !staysOf(element);
            case "processNote" -> element.fieldText("text") != null && AMOUNT.matcher(String.valueOf(element.fieldText("text"))).find();
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
