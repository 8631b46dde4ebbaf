package dev.portolan.intake.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A small plan's CPCDS files, made of a seed: every claim type, several lines a claim, providers with real check digits and without. */
final class CpcdsFiles {

    private static final String CLAIM_HEADER = "Claim unique identifier,Claim type,Claim payer identifier,Patient account number,Claim service start date,Claim service end date,Claim paid date,Claim received date,"
        + "Member admission date,Member discharge date,Claim processing status code,Claim payment status code,Claim payee type code,Claim payee,Claim billing provider NPI,Claim billing provider network status,"
        + "Claim attending provider NPI,Claim performing provider NPI,Claim performing provider network status,Claim prescribing provider NPI,Claim PCP NPI,Claim site of service NPI,Claim total submitted amount,"
        + "Claim total allowed amount,Claim payment amount,Claim adjusted from identifier,Line number,Service (from) date,Service to date,Place of service code,Revenue center code,Number of units,Line submitted amount,"
        + "Line allowed amount,Line payment amount,National drug code,Days supply,DAW product selection code,Refill number,Quantity dispensed,RX service reference number,Diagnosis code,Diagnosis description,Diagnosis code type,"
        + "Diagnosis type,Procedure code,Procedure description,Procedure code type";

    private CpcdsFiles() {}

    /** Members m0.., each with one coverage and some claims. */
    static void write(Path folder, long seed, int members, int claimsEach) throws IOException {
        Random random = new Random(seed);
        Files.createDirectories(folder);
        List<String> people = new ArrayList<>(List.of("Member id,Date of birth,Home_County,Home_State,Home_Country,Home_Zip code,Race code,Ethnicity,Gender code,Birth sex,Name"));
        List<String> coverages = new ArrayList<>(List.of("Coverage id,Member id,Subscriber id,Coverage type,Coverage status,Start date,End date,Group id,Group name,Plan identifier,Plan name,Payer identifier,Relationship to subscriber"));
        List<String> claims = new ArrayList<>(List.of(CLAIM_HEADER));
        for (int member = 0; member < members; member++) {
            people.add("m%d,19%02d-0%d-1%d,Essex,MA,US,0190%d,white,nonhispanic,%s,F,\"Given%d, Mid \"\"X\"\" Family%d\"".formatted(member, random.nextInt(100), 1 + random.nextInt(9), random.nextInt(10), random.nextInt(10),
                random.nextBoolean() ? "F" : "M", member, member));
            boolean child = member % 5 == 4;
            coverages.add("c%d,m%d,%s,PPO,active,2020-01-01,,g1,Group,p1,Plan,payer1,%s".formatted(member, member, child ? "m0" : "m" + member, child ? "child" : "self"));
            for (int claim = 0; claim < claimsEach; claim++) {
                claims.addAll(claim(member, claim, random));
            }
        }
        write(folder, "CPCDS_Members.csv", people);
        write(folder, "CPCDS_Coverages.csv", coverages);
        write(folder, "CPCDS_Claims.csv", claims);
        write(folder, "Organizations.csv", List.of("Id,Name,Address,City,State,ZIP,Phone,Type", "1245319599,General Hospital,1 Main St,Lynn,MA,01901,5551234567,"));
        write(folder, "PractitionerRoles.csv", List.of("Practitioner NPI,Name,Organization NPI,Code,Specialty", "1679576722,Dr. Ana Diaz,1245319599,provider,GENERAL PRACTICE", "12,Dr. No Number,1245319599,provider,GENERAL PRACTICE"));
    }

    private static List<String> claim(int member, int claim, Random random) {
        String type = List.of("inpatient-facility", "outpatient-facility", "professional-nonclinician", "pharmacy").get((member + claim) % 4);
        boolean drug = type.equals("pharmacy");
        List<String> rows = new ArrayList<>();
        int lines = 1 + random.nextInt(4);
        for (int line = 1; line <= lines; line++) {
            rows.add(String.join(",", "cl-%d-%d".formatted(member, claim), type, "c" + member, "m" + member, "2024-03-0" + (1 + claim % 9), "2024-03-1" + claim % 10, "2024-04-01", "2024-03-20", "2024-03-01", "2024-03-05",
                "active", "complete", "subscriber", "m" + member, drug ? "1245319599" : "1679576722", "in", "1679576722", "1679576722", "in", "1679576722", "1679576722", "1245319599", "100.00", "90.00", "80.00", "",
                Integer.toString(line), "2024-03-01", "2024-03-02", "21", "0450", "1", "50.00", "45.00", "40.00", drug ? "00071015523" : "", drug ? "30" : "", drug ? "0" : "", drug ? "1" : "", drug ? "30" : "",
                drug ? "rx-%d-%d-%d".formatted(member, claim, line) : "", line < 3 ? List.of("E11.9", "I10", "J45.909").get(random.nextInt(3)) : "", line < 3 ? "a diagnosis" : "", line < 3 ? "ICD10" : "",
                line == 1 ? "principal" : line < 3 ? "secondary" : "", drug ? "" : "G0463", drug ? "" : "Hospital outpatient clinic visit", drug ? "" : "HCPCS"));
        }
        return rows;
    }

    static void write(Path folder, String name, List<String> lines) throws IOException {
        Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
    }
}
