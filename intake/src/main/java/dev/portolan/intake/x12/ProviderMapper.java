package dev.portolan.intake.x12;

import dev.portolan.intake.mapping.MappedResource;
import dev.portolan.intake.mapping.Mapping;
import dev.portolan.intake.mapping.References;
import java.util.List;

/** Providers that a claim names, as resources that are written if nothing better is known. */
final class ProviderMapper {

    private static final String[] ROLES = {"71", "72", "ZZ", "82", "77", "DN", "P3", "DQ"};

    private final Mapping mapping;
    private final Headers headers = new Headers();

    ProviderMapper(Mapping mapping) {
        this.mapping = mapping;
    }

    List<MappedResource> of(Submission claim, References references) {
        Rows rows = new Rows();
        add(rows, claim.billing(), claim.line(), isPractitioner(claim.billing(), claim));
        for (String role : ROLES) {
            add(rows, claim.provider(role), claim.line(), !role.equals("77"));
            claim.lines().forEach(line -> add(rows, line.provider(role), claim.line(), !role.equals("77")));
        }
        return rows.size() == 0 ? List.of() : mapping.map(rows.record(claim.line(), headers), references).resources();
    }

    /** Institutions bill as organizations; of the others a person (NM102 1) bills as a practitioner. */
    static boolean isPractitioner(Party billing, Submission claim) {
        return billing.person() && !claim.kind().equals("institutional");
    }

    /** Who treats is a practitioner in the roles that a careTeam has, even if the claim says that it is an organization (NM102 2). */
    private static void add(Rows rows, Party party, long line, boolean treats) {
        if (party.isThere()) {
            rows.row(line).set("Kind", treats ? "practitioner" : "organization").set("Number", party.number()).set("Family", party.family()).set("Given", party.given()).set("Street", party.street())
                .set("City", party.city()).set("State", party.state()).set("Zip", party.zip()).set("Tax number", party.person() ? "" : party.taxNumber()).set("Phone", party.phone());
        }
    }
}
