package dev.portolan.intake.load;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A dental plan's claims as CPCDS, for members that are there already: Synthea writes none. */
final class OralClaims {

    private static final String HEADER = "Claim unique identifier,Claim type,Claim payer identifier,Patient account number,Claim service start date,Claim service end date,Claim paid date,Claim received date,"
        + "Claim processing status code,Claim payment status code,Claim payee type code,Claim payee,Claim billing provider NPI,Claim billing provider network status,Claim performing provider NPI,"
        + "Claim performing provider network status,Claim total submitted amount,Claim total allowed amount,Claim payment amount,Line number,Service (from) date,Place of service code,Number of units,Line submitted amount,"
        + "Line allowed amount,Line payment amount,Line benefit payment status,Procedure code,Procedure description,Procedure code type,Tooth Number,Tooth Number - After First Occurrence,Tooth Surface,Missing Tooth Number,"
        + "Orthodontics Appliance Application Date,Total Number of Months for Orthodontia,Date of Prior Prosthesis Placement,Prosthesis Replacement Indicator,Diagnosis code,Diagnosis code type,Diagnosis type";

    private OralClaims() {}

    /** Two lines a claim, for the members m0, m1, ... of {@link CpcdsFiles}. */
    static void write(Path folder, int claims) throws IOException {
        List<String> lines = new ArrayList<>(List.of(HEADER));
        for (int i = 0; i < claims; i++) {
            String head = String.join(",", "oral-" + i, "oral", "c" + i, "m" + i, "2024-05-02", "2024-05-02", "2024-05-20", "2024-05-06", "active", "complete", "provider", "m" + i, "1679576722", "in", "1679576722", "in",
                "240.00", "200.00", "150.00");
            lines.add(head + ",1,2024-05-02,11,1,120.00,100.00,75.00,innetwork,D2150,,CDT,14,15,M,1,2024-01-15,18,2015-06-01,Y,K02.52,ICD10,principal");
            lines.add(head + ",2,2024-05-02,11,1,120.00,100.00,75.00,innetwork,D0120,,CDT,,,,16,2024-01-15,18,2015-06-01,Y,,,");
        }
        CpcdsFiles.write(folder, "Dental_Claims.csv", lines);
    }
}
