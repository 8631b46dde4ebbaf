package dev.portolan.fhir.packages;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A FHIR package by id and version, as {@code hl7.fhir.us.core#6.1.0}.
 *
 * @param id the package's id
 * @param version its exact version
 */
public record GuideRef(String id, String version) {

    private static final Pattern ID = Pattern.compile("[A-Za-z][A-Za-z0-9-]*(\\.[A-Za-z0-9-]+)+");
    private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.+-]*");

    /** The base R4 definitions, which come with the product and not as a package. */
    public static final GuideRef BASE = new GuideRef("hl7.fhir.r4.core", "4.0.1");

    /**
     * The guides of CMS-0057-F and CMS-9115-F and what they stand on, the preferred version of each guide first: a canonical without a version
     * means the first one here that has it.
     */
    public static final List<GuideRef> DEFAULTS = List.of(
            new GuideRef("hl7.fhir.us.core", "6.1.0"),
            new GuideRef("hl7.fhir.us.core", "3.1.1"),
            new GuideRef("hl7.fhir.us.core", "7.0.0"),
            new GuideRef("hl7.fhir.us.carin-bb", "2.0.0"),
            new GuideRef("hl7.fhir.us.carin-bb", "2.1.0"),
            new GuideRef("hl7.fhir.us.davinci-hrex", "1.0.0"),
            new GuideRef("hl7.fhir.us.davinci-hrex", "1.1.0"),
            new GuideRef("hl7.fhir.us.davinci-pdex", "2.1.0"),
            new GuideRef("hl7.fhir.us.davinci-pdex", "2.0.0"),
            new GuideRef("hl7.fhir.us.davinci-pas", "2.0.1"),
            new GuideRef("hl7.fhir.us.davinci-crd", "2.0.1"),
            new GuideRef("hl7.fhir.us.davinci-dtr", "2.0.1"),
            new GuideRef("hl7.fhir.us.davinci-pdex-plan-net", "1.1.0"),
            new GuideRef("hl7.fhir.us.davinci-drug-formulary", "2.0.1"),
            new GuideRef("hl7.fhir.us.davinci-atr", "2.1.0"),
            new GuideRef("hl7.fhir.us.ndh", "1.0.0"),
            new GuideRef("hl7.fhir.uv.sdc", "3.0.0"),
            new GuideRef("hl7.fhir.uv.bulkdata", "2.0.0"),
            new GuideRef("hl7.fhir.uv.smart-app-launch", "2.1.0"),
            new GuideRef("hl7.fhir.uv.subscriptions-backport.r4", "1.1.0"),
            new GuideRef("hl7.fhir.uv.extensions.r4", "5.2.0"),
            new GuideRef("hl7.fhir.uv.tools.r4", "1.1.2"),
            new GuideRef("local.xver-r5.r4.subset", "0.1.0"),
            new GuideRef("hl7.terminology.r4", "7.0.1"));

    public GuideRef {
        if (!ID.matcher(id).matches() || !VERSION.matcher(version).matches()) {
            throw new IllegalArgumentException("not a FHIR package: write it as <id>#<version>, for instance hl7.fhir.us.core#6.1.0");
        }
    }

    /** Reads {@code id#version}. */
    public static GuideRef parse(String text) {
        int hash = text.indexOf('#');
        if (hash < 0) {
            throw new IllegalArgumentException("not a FHIR package: write it as <id>#<version>, for instance hl7.fhir.us.core#6.1.0");
        }
        return new GuideRef(text.substring(0, hash).strip(), text.substring(hash + 1).strip());
    }

    @Override
    public String toString() {
        return id + "#" + version;
    }
}
