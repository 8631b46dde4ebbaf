package dev.portolan.intake.x12;

import dev.portolan.intake.mapping.LogicalId;
import java.util.List;

/**
 * A provider as a loop names it: NM1 with what follows (N3, N4, PRV, REF, PER).
 *
 * @param number the NPI, or what else identifies it; empty if nothing does
 */
record Party(String number, boolean person, String family, String given, String street, String city, String state, String zip, String taxonomy, String taxNumber, String phone, String npi) {

    static final Party NONE = new Party("", false, "", "", "", "", "", "", "", "", "", "");

    /** @param loop segments from NM1 on, up to the next NM1 */
    static Party of(List<Segment> loop) {
        Segment name = loop.get(0);
        String street = "";
        String city = "";
        String state = "";
        String zip = "";
        String taxonomy = "";
        String tax = "";
        String phone = "";
        String secondary = "";
        for (Segment segment : loop) {
            switch (segment.tag()) {
                case "N3" -> street = segment.at(1);
                case "N4" -> {
                    city = segment.at(1);
                    state = segment.at(2);
                    zip = Enrollment.zip(segment.at(3));
                }
                case "PRV" -> taxonomy = segment.at(3);
                case "PER" -> phone = segment.at(3).equals("TE") ? segment.at(4) : phone;
                case "REF" -> {
                    tax = segment.is("REF", "EI") ? segment.at(2) : tax;
                    secondary = segment.isOneOf("REF", "G2", "1G", "0B", "LU") && secondary.isEmpty() ? segment.at(2) : secondary;
                }
                default -> { }
            }
        }
        String own = name.at(8).equals("XX") ? name.at(9) : secondary;
        String number = !own.isEmpty() ? own : name.at(3).isEmpty() ? "" : "provider-" + LogicalId.digest(tax + '|' + name.at(3) + '|' + name.at(4)).substring(0, 32);
        return new Party(number, name.at(2).equals("1"), name.at(3), name.at(4), street, city, state, zip, taxonomy, tax, phone, name.at(8).equals("XX") ? name.at(9) : "");
    }

    /** What an 835 names the payee by. */
    String taxOrNpi() {
        return !npi.isEmpty() ? npi : !taxNumber.isEmpty() ? taxNumber : number;
    }

    boolean isThere() {
        return !number.isEmpty();
    }

    Party with(String otherTaxonomy) {
        return new Party(number, person, family, given, street, city, state, zip, otherTaxonomy, taxNumber, phone, npi);
    }
}
