package dev.portolan.rest;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.fhirpath.IFhirPath;
import ca.uhn.fhir.fhirpath.IFhirPathEvaluationContext;
import java.util.LinkedHashSet;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.Address;
import org.hl7.fhir.r4.model.BaseDateTimeType;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.ContactPoint;
import org.hl7.fhir.r4.model.HumanName;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Period;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/** What to write behind a search parameter's equals sign to find a resource, told by HAPI's FHIRPath and model: a second opinion to the server's own extraction. */
public final class SearchTexts {

    private final IFhirPath paths;

    public SearchTexts(FhirContext fhir) {
        paths = fhir.newFhirPath();
        paths.setEvaluationContext(new IFhirPathEvaluationContext() {
            @Override
            public IBase resolveReference(IIdType reference, IBase context) {
                return reference.getResourceType() == null ? null : fhir.getResourceDefinition(reference.getResourceType()).newInstance();
            }
        });
    }

    /** Values that must each find the resource; written as in a URL before it is encoded. */
    public Set<String> of(IBaseResource resource, GuideSearches.Parameter parameter) {
        Set<String> texts = new LinkedHashSet<>();
        for (IBase value : paths.evaluate(resource, parameter.expression(), IBase.class)) {
            switch (parameter.type()) {
                case "token" -> token(value, texts);
                case "reference" -> reference(value, texts);
                case "date" -> date(value, texts);
                case "string" -> string(value, texts);
                default -> throw new IllegalStateException("no guide asked for a " + parameter.type() + " so far: " + parameter);
            }
        }
        return texts;
    }

    private static void token(IBase value, Set<String> texts) {
        if (value instanceof CodeableConcept concept) {
            concept.getCoding().forEach(coding -> token(coding, texts));
        } else if (value instanceof Coding coding) {
            systemAndCode(coding.getSystem(), coding.getCode(), texts);
        } else if (value instanceof Identifier identifier) {
            systemAndCode(identifier.getSystem(), identifier.getValue(), texts);
        } else if (value instanceof ContactPoint contact) {
            systemAndCode(null, contact.getValue(), texts);
        } else if (value instanceof IIdType id) {
            texts.add(id.getIdPart());
        } else if (value instanceof PrimitiveType<?> code && code.hasValue()) {
            texts.add(escaped(code.getValueAsString()));
        }
    }

    private static void systemAndCode(String system, String code, Set<String> texts) {
        if (code == null) {
            return;
        }
        texts.add(escaped(code));
        texts.add(system == null ? "|" + escaped(code) : escaped(system) + "|" + escaped(code));
    }

    private static void reference(IBase value, Set<String> texts) {
        String text = value instanceof Reference reference ? reference.getReference() : value instanceof PrimitiveType<?> canonical ? canonical.getValueAsString() : null;
        if (text != null && !text.startsWith("#") && !text.startsWith("urn:")) {
            texts.add(escaped(text));
            if (text.matches("[A-Z][A-Za-z]+/[A-Za-z0-9.-]+")) {
                texts.add(text.substring(text.indexOf('/') + 1));
            }
        }
    }

    private static void date(IBase value, Set<String> texts) {
        if (value instanceof Period period) {
            if (period.hasStart()) {
                texts.add("ge" + period.getStartElement().getValueAsString());
                texts.add("sa1900-01-01");
            }
            if (period.hasEnd()) {
                texts.add("le" + period.getEndElement().getValueAsString());
            }
        } else if (value instanceof BaseDateTimeType date && date.hasValue()) {
            String text = date.getValueAsString();
            for (String prefix : new String[] {"", "eq", "ge", "le", "gt1900-01-01", "lt2199-01-01"}) {
                texts.add(prefix.length() > 2 ? prefix : prefix + text);
            }
        }
    }

    private static void string(IBase value, Set<String> texts) {
        if (value instanceof HumanName name) {
            strings(texts, name.getText(), name.getFamily());
            name.getGiven().forEach(given -> strings(texts, given.getValue()));
            name.getPrefix().forEach(prefix -> strings(texts, prefix.getValue()));
            name.getSuffix().forEach(suffix -> strings(texts, suffix.getValue()));
        } else if (value instanceof Address address) {
            strings(texts, address.getText(), address.getCity(), address.getState(), address.getPostalCode(), address.getCountry(), address.getDistrict());
            address.getLine().forEach(line -> strings(texts, line.getValue()));
        } else if (value instanceof StringType text) {
            strings(texts, text.getValue());
        }
    }

    private static void strings(Set<String> texts, String... values) {
        for (String value : values) {
            if (value != null) {
                texts.add(escaped(value));
                texts.add(escaped(value.toUpperCase(java.util.Locale.ROOT)));
            }
        }
    }

    /** R4 search, section 3.1.1.4.0.1. */
    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace(",", "\\,").replace("|", "\\|").replace("$", "\\$");
    }
}
