package dev.portolan.intake.load;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A pharmacy's claims for drugs that it compounded, as CPCDS: a line for each ingredient, and the first one twice, as extracts have it that join something else. */
final class CompoundClaims {

    private static final String HEADER = "Claim unique identifier,Claim type,Claim payer identifier,Patient account number,Claim service start date,Claim paid date,Claim received date,Claim processing status code,"
        + "Claim payment status code,Claim billing provider NPI,Claim billing provider network status,Claim prescribing provider NPI,Claim total submitted amount,Claim total allowed amount,Claim payment amount,Compound code,"
        + "Days supply,DAW product selection code,Refill number,Line number,Service (from) date,National drug code,Quantity dispensed,Quantity qualifier code,Line submitted amount,Line allowed amount,Line payment amount,"
        + "Line copay amount,Line payment denial code";

    private CompoundClaims() {}

    /** For the members m0, m1, ... of {@link CpcdsFiles}. */
    static void write(Path folder, int claims) throws IOException {
        List<String> lines = new ArrayList<>(List.of(HEADER));
        for (int i = 0; i < claims; i++) {
            String head = String.join(",", "compound-" + i, "pharmacy", "c" + i, "m" + i, "2024-07-02", "2024-07-05", "2024-07-02", "active", "complete", "1245319599", "in", "1679576722", "60.00", "50.00", "35.00", "2", "30", "0", "0");
            lines.add(head + ",1,2024-07-02,38779008205,40,GM,40.00,35.00,25.00,10.00,");
            lines.add(head + ",1,2024-07-02,38779008205,40,GM,40.00,35.00,25.00,10.00,");
            lines.add(head + ",2,2024-07-02,38779251009,20,ML,20.00,15.00,10.00,5.00,");
        }
        CpcdsFiles.write(folder, "Compound_Claims.csv", lines);
    }
}
