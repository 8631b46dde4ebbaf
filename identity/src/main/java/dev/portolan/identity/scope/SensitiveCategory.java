package dev.portolan.identity.scope;

import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Kinds of health information that 42 CFR Part 2 and state laws protect beyond HIPAA, as members understand them and as the security labels of {@code meta.security} name them
 * (HL7 v3 ActCode and Confidentiality).
 */
public enum SensitiveCategory {
    SUBSTANCE_USE("Alcohol and drug use, and its treatment", "ETH", "ETHUD"),
    MENTAL_HEALTH("Mental health", "PSY"),
    HIV("HIV", "HIV"),
    SEXUAL_HEALTH("Sexual and reproductive health", "SEX"),
    VIOLENCE("Abuse and violence at home", "SDV"),
    CONFIDENTIAL("What was marked as confidential", "R", "V");

    public static final String ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    public static final String CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

    private final String label;
    private final List<String> codes;

    SensitiveCategory(String label, String... codes) {
        this.label = label;
        this.codes = List.of(codes);
    }

    /** In a member's words. */
    public String label() {
        return label;
    }

    /** Its security labels as {@code system|code}. */
    public List<String> securityLabels() {
        String system = this == CONFIDENTIAL ? CONFIDENTIALITY : ACT_CODE;
        return codes.stream().map(code -> system + "|" + code).toList();
    }

    /** The security labels of several. */
    public static Set<String> securityLabels(Collection<SensitiveCategory> categories) {
        Set<String> labels = new TreeSet<>();
        categories.forEach(category -> labels.addAll(category.securityLabels()));
        return labels;
    }

    /** By name; what is no category is left out. */
    public static Set<SensitiveCategory> named(Collection<String> names) {
        EnumSet<SensitiveCategory> named = EnumSet.noneOf(SensitiveCategory.class);
        for (SensitiveCategory category : values()) {
            if (names.contains(category.name())) {
                named.add(category);
            }
        }
        return named;
    }
}
