package dev.portolan.intake.load;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** A small plan of a seed, whose members and claims can be written as CPCDS and as X12: what comes of the two has to agree. */
final class SamePlan {

    static final String HOSPITAL = "1245319599";
    static final String DOCTOR = "1679576722";
    static final String OTHER_DOCTOR = "1003000126";

    record Member(String id, String subscriber, String given, String family, String birthDate, String gender, String coverage) {

        boolean isDependent() {
            return !id.equals(subscriber);
        }
    }

    record Line(String code, String system, String modifier, String revenue, String place, int units, String from, String to, BigDecimal charge, BigDecimal discount, BigDecimal deductible, BigDecimal coinsurance, BigDecimal copay,
        BigDecimal noncovered, BigDecimal other, String denial) {

        BigDecimal allowed() {
            return charge.subtract(discount).subtract(noncovered);
        }

        BigDecimal liability() {
            return deductible.add(coinsurance).add(copay);
        }

        BigDecimal paid() {
            return allowed().subtract(liability()).subtract(other);
        }
    }

    record Claim(String account, String control, String kind, Member member, String billing, String from, String to, String received, String paidOn, List<String> diagnoses, List<String> procedures, List<Line> lines) {

        BigDecimal sum(java.util.function.Function<Line, BigDecimal> amount) {
            return lines.stream().map(amount).reduce(BigDecimal.ZERO, BigDecimal::add);
        }

        String payment() {
            long denied = lines.stream().filter(line -> !line.denial().isEmpty()).count();
            return denied == 0 ? "paid" : denied == lines.size() ? "denied" : "partial";
        }
    }

    final List<Member> members = new ArrayList<>();
    final List<Claim> claims = new ArrayList<>();
    private final Random random;

    SamePlan(long seed, int memberCount, int claimsEach) {
        random = new Random(seed);
        for (int i = 0; i < memberCount; i++) {
            String subscriber = i % 5 == 4 ? "m" + (i - 1) : "m" + i;
            members.add(new Member("m" + i, subscriber, "GIVEN" + letters(i), "FAMILY" + letters(i), day(LocalDate.of(1940, 1, 1), 20_000), random.nextBoolean() ? "F" : "M", "m" + i + "-HLT-P1"));
        }
        for (Member member : members) {
            for (int i = 0; i < claimsEach; i++) {
                claims.add(claim(member, claims.size()));
            }
        }
    }

    private static String letters(int number) {
        return "" + (char) ('A' + number / 26 % 26) + (char) ('A' + number % 26);
    }

    private String day(LocalDate from, int days) {
        return from.plusDays(random.nextInt(days)).toString();
    }

    private Claim claim(Member member, int number) {
        String kind = List.of("inpatient-facility", "outpatient-facility", "professional-nonclinician", "oral").get(random.nextInt(4));
        LocalDate from = LocalDate.of(2024, 1, 1).plusDays(random.nextInt(300));
        LocalDate to = from.plusDays(random.nextInt(5));
        List<Line> lines = new ArrayList<>();
        for (int i = 0, count = 1 + random.nextInt(5); i < count; i++) {
            lines.add(line(kind, from, to, i));
        }
        Set<String> diagnoses = new LinkedHashSet<>();
        for (int i = 0, count = 1 + random.nextInt(4); i < count; i++) {
            diagnoses.add(List.of("E11.9", "I10", "J45.909", "R07.9", "Z11.59", "K02.9").get(random.nextInt(6)));
        }
        List<String> procedures = kind.startsWith("inpatient") && random.nextBoolean() ? List.of("02703DZ", "0DTJ4ZZ").subList(0, 1 + random.nextInt(2)) : List.of();
        String billing = kind.equals("oral") || kind.startsWith("professional") && random.nextBoolean() ? OTHER_DOCTOR : HOSPITAL;
        return new Claim("ACC" + number, "ICN" + number, kind, member, billing, from.toString(), to.toString(), to.plusDays(3).toString(), to.plusDays(20).toString(), List.copyOf(diagnoses), procedures, lines);
    }

    private Line line(String kind, LocalDate from, LocalDate to, int place) {
        boolean facility = kind.endsWith("facility");
        boolean coded = !kind.startsWith("inpatient") || random.nextBoolean();
        String code = !coded ? "" : kind.equals("oral") ? "D2150" : List.of("99213", "G0463", "J1100", "0042T").get(random.nextInt(4));
        String system = code.isEmpty() ? "" : kind.equals("oral") ? "CDT" : code.matches("\\d{4}[0-9A-Z]") ? "CPT" : "HCPCS";
        BigDecimal charge = BigDecimal.valueOf(1_000 + random.nextInt(90_000), 2);
        boolean denied = random.nextInt(8) == 0;
        BigDecimal left = charge;
        BigDecimal[] shares = new BigDecimal[6];
        for (int i = 0; i < shares.length; i++) {
            shares[i] = denied || random.nextBoolean() ? BigDecimal.ZERO.setScale(2) : left.multiply(BigDecimal.valueOf(random.nextInt(30), 2)).setScale(2, java.math.RoundingMode.DOWN);
            left = left.subtract(shares[i]);
        }
        return new Line(code, system, code.isEmpty() || random.nextBoolean() ? "" : "25", facility ? List.of("0120", "0250", "0450").get(random.nextInt(3)) : "", facility ? "" : List.of("11", "21", "22").get(random.nextInt(3)), 1 + random.nextInt(4),
            from.toString(), facility || kind.equals("oral") ? from.toString() : to.toString(), charge, shares[0], shares[1], shares[2], shares[3], denied ? charge : shares[4], shares[5], denied ? "50" : "");
    }

    // CPCDS

    void writeCpcds(Path folder) throws IOException {
        Files.createDirectories(folder);
        List<String> people = new ArrayList<>(List.of("Member id,Date of birth,Home_City,Home_State,Home_Country,Home_Zip code,Gender code,Name"));
        List<String> coverages = new ArrayList<>(List.of("Coverage id,Member id,Subscriber id,Coverage type,Coverage status,Start date,End date,Group id,Group name,Plan identifier,Plan name,Payer identifier,Relationship to subscriber"));
        for (Member member : members) {
            people.add("%s,%s,LYNN,MA,US,01901,%s,%s %s".formatted(member.id(), member.birthDate(), member.gender(), member.given(), member.family()));
            coverages.add("%s,%s,%s,HLT,active,2024-01-01,,g1,ACME,P1,P1,payer1,%s".formatted(member.coverage(), member.id(), member.subscriber(), member.isDependent() ? "child" : "self"));
        }
        CpcdsFiles.write(folder, "CPCDS_Members.csv", people);
        CpcdsFiles.write(folder, "CPCDS_Coverages.csv", coverages);
        CpcdsFiles.write(folder, "Organizations.csv", List.of("Id,Name,Address,City,State,ZIP,Phone,Type", HOSPITAL + ",General Hospital,1 Main St,Lynn,MA,01901,5551234567,"));
        List<Map<String, String>> rows = new ArrayList<>();
        claims.forEach(claim -> rows.addAll(rows(claim)));
        Set<String> columns = new LinkedHashSet<>();
        rows.forEach(row -> columns.addAll(row.keySet()));
        List<String> lines = new ArrayList<>(List.of(String.join(",", columns)));
        rows.forEach(row -> lines.add(String.join(",", columns.stream().map(column -> row.getOrDefault(column, "")).toList())));
        CpcdsFiles.write(folder, "CPCDS_Claims.csv", lines);
    }

    private static List<Map<String, String>> rows(Claim claim) {
        List<Map<String, String>> rows = new ArrayList<>();
        for (int i = 0; i < claim.lines().size(); i++) {
            rows.add(row(claim, claim.lines().get(i), i + 1));
        }
        for (int i = 0; i < claim.diagnoses().size(); i++) {
            Map<String, String> row = i < rows.size() ? rows.get(i) : more(claim, rows);
            row.putAll(Map.of("Diagnosis code", claim.diagnoses().get(i), "Diagnosis code type", "ICD10", "Diagnosis type", i == 0 ? "principal" : "other", "Present on admission", claim.kind().startsWith("inpatient") ? "Y" : ""));
        }
        for (int i = 0; i < claim.procedures().size(); i++) {
            more(claim, rows).putAll(Map.of("Procedure code", claim.procedures().get(i), "Procedure code type", "ICD10PCS", "Procedure type", i == 0 ? "principal" : "other", "Procedure date", claim.from()));
        }
        return rows;
    }

    private static Map<String, String> more(Claim claim, List<Map<String, String>> rows) {
        Map<String, String> row = header(claim);
        row.put("Line number", String.valueOf(claim.lines().size()));
        rows.add(row);
        return row;
    }

    private static Map<String, String> header(Claim claim) {
        Map<String, String> row = new LinkedHashMap<>();
        row.put("Claim unique identifier", claim.control());
        row.put("Claim type", claim.kind());
        row.put("Member id", claim.member().id());
        row.put("Claim payer identifier", claim.member().coverage());
        row.put("Claim service start date", claim.from());
        row.put("Claim service end date", claim.lines().stream().map(Line::to).max(String::compareTo).filter(to -> !claim.kind().endsWith("facility")).orElse(claim.to()));
        row.put("Claim received date", claim.received());
        row.put("Claim paid date", claim.paidOn());
        row.put("Patient account number", claim.account());
        row.put("Claim payment status code", claim.payment());
        row.put("Claim payee type code", "provider");
        row.put("Claim billing provider NPI", claim.billing());
        if (claim.kind().endsWith("facility")) {
            row.put("Claim attending provider NPI", DOCTOR);
            row.putAll(Map.of("Claim bill facility type code", "1", "Claim service classification type code", claim.kind().startsWith("in") ? "1" : "3", "Claim frequency code", "1", "Claim inpatient admission type code", "1",
                "Claim source inpatient admission code", "7", "Patient discharge status code", "01", "Member admission date", claim.from(), "Member discharge date", claim.to()));
        } else {
            row.put("Claim performing provider NPI", DOCTOR);
            row.put("Provider taxonomy", "207Q00000X");
        }
        amounts(claim, row);
        return row;
    }

    private static void amounts(Claim claim, Map<String, String> row) {
        row.put("Claim total submitted amount", claim.sum(Line::charge).toPlainString());
        row.put("Claim total allowed amount", claim.sum(Line::allowed).toPlainString());
        row.put("Claim payment amount", claim.sum(Line::paid).toPlainString());
        row.put("Claim amount paid to provider", claim.sum(Line::paid).toPlainString());
        row.put("Member paid deductible", claim.sum(Line::deductible).toPlainString());
        row.put("Co-insurance liability amount", claim.sum(Line::coinsurance).toPlainString());
        row.put("Copay amount", claim.sum(Line::copay).toPlainString());
        row.put("Claim disallowed amount", claim.sum(Line::noncovered).toPlainString());
        row.put("Claim primary payer paid amount", claim.sum(Line::other).toPlainString());
        row.put("Member liability", claim.sum(Line::liability).toPlainString());
        row.put("Claim discount amount", claim.sum(Line::discount).toPlainString());
    }

    private static Map<String, String> row(Claim claim, Line line, int number) {
        Map<String, String> row = header(claim);
        row.putAll(Map.of("Line number", String.valueOf(number), "Procedure code", line.code(), "Procedure code type", line.system(), "Modifier Code-1", line.modifier(), "Revenue center code", line.revenue(), "Place of service code", line.place(),
            "Number of units", String.valueOf(line.units()), "Allowed number of units", String.valueOf(line.units()), "Service (from) date", line.from(), "Service to date", line.to()));
        row.putAll(Map.of("Line submitted amount", line.charge().toPlainString(), "Line allowed amount", line.allowed().toPlainString(), "Line payment amount", line.paid().toPlainString(), "Line amount paid to provider", line.paid().toPlainString(),
            "Line patient deductible", line.deductible().toPlainString(), "Line coinsurance amount", line.coinsurance().toPlainString(), "Line copay amount", line.copay().toPlainString(), "Line disallowed amount", line.noncovered().toPlainString(),
            "Line primary payer paid amount", line.other().toPlainString(), "Line member liability", line.liability().toPlainString()));
        row.put("Line discount amount", line.discount().toPlainString());
        return row;
    }

    // X12

    void writeX12(Path folder, int number) throws IOException {
        Files.createDirectories(folder);
        List<String> segments = new ArrayList<>(List.of("BGN*00*1*20241201*1200****4", "REF*38*g1", "N1*P5*ACME*FI*999888777", "N1*IN*GOOD HEALTH*XV*payer1"));
        for (Member member : members) {
            segments.addAll(List.of("INS*" + (member.isDependent() ? "N*19" : "Y*18") + "*021*20*A", "REF*0F*" + member.subscriber(), "REF*23*" + member.id(), "NM1*IL*1*" + member.family() + '*' + member.given(), "N4*LYNN*MA*01901*US",
                "DMG*D8*" + d8(member.birthDate()) + '*' + member.gender(), "HD*021**HLT*P1*FAM", "DTP*348*D8*20240101"));
        }
        Files.writeString(folder.resolve("a-members.834"), new X12Text(number, "BE", "005010X220A1").transaction("834", segments).toString());
        writeClaims(folder, "b-institutional.837", number + 1, "005010X223A2", "facility");
        writeClaims(folder, "b-professional.837", number + 2, "005010X222A1", "professional-nonclinician");
        writeClaims(folder, "b-dental.837", number + 3, "005010X224A2", "oral");
        X12Text payments = new X12Text(number + 4, "HP", "005010X221A1");
        claims.forEach(claim -> payments.transaction("835", payment(claim)));
        Files.writeString(folder.resolve("c-payments.835"), payments.toString());
    }

    private void writeClaims(Path folder, String name, int number, String version, String kind) throws IOException {
        X12Text text = new X12Text(number, "HC", version);
        List<Claim> own = claims.stream().filter(claim -> claim.kind().endsWith(kind)).toList();
        List<String> segments = new ArrayList<>(List.of("BHT*0019*00*1*20241201*1023*CH", "NM1*41*2*CLEARING*****46*T", "PER*IC*J*TE*3055552222", "NM1*40*2*GOOD HEALTH*****46*6"));
        int level = 0;
        for (String billing : List.of(HOSPITAL, OTHER_DOCTOR)) {
            int above = ++level;
            segments.addAll(List.of("HL*" + above + "**20*1", billing.equals(HOSPITAL) ? "NM1*85*2*GENERAL HOSPITAL*****XX*" + HOSPITAL : "NM1*85*1*ROE*JANE****XX*" + OTHER_DOCTOR, "N3*1 MAIN", "N4*LYNN*MA*01901", "REF*EI*587654321"));
            for (Member member : members) {
                List<Claim> of = own.stream().filter(claim -> claim.member().equals(member) && claim.billing().equals(billing)).toList();
                if (!of.isEmpty()) {
                    level = member(segments, member, above, level);
                    of.forEach(claim -> segments.addAll(claim(claim)));
                }
            }
        }
        Files.writeString(folder.resolve(name), text.transaction("837", segments).toString());
    }

    private int member(List<String> segments, Member member, int above, int level) {
        Member subscriber = members.stream().filter(one -> one.id().equals(member.subscriber())).findFirst().orElseThrow();
        int own = level + 1;
        segments.addAll(List.of("HL*" + own + '*' + above + "*22*" + (member.isDependent() ? "1" : "0"), "SBR*P*" + (member.isDependent() ? "" : "18") + "*g1******CI",
            "NM1*IL*1*" + subscriber.family() + '*' + subscriber.given() + "****MI*" + subscriber.id()));
        if (!member.isDependent()) {
            segments.add("DMG*D8*" + d8(member.birthDate()) + '*' + member.gender());
        }
        segments.add("NM1*PR*2*GOOD HEALTH*****PI*payer1");
        if (member.isDependent()) {
            own++;
            segments.addAll(List.of("HL*" + own + '*' + (own - 1) + "*23*0", "PAT*19", "NM1*QC*1*" + member.family() + '*' + member.given(), "DMG*D8*" + d8(member.birthDate()) + '*' + member.gender()));
        }
        return own;
    }

    private static String d8(String day) {
        return day.replace("-", "");
    }

    private static List<String> claim(Claim claim) {
        boolean facility = claim.kind().endsWith("facility");
        String place = facility ? (claim.kind().startsWith("in") ? "11:A:1" : "13:A:1") : "11:B:1";
        List<String> segments = new ArrayList<>(List.of("CLM*" + claim.account() + '*' + claim.sum(Line::charge).toPlainString() + "***" + place + "*Y*A*Y*Y"));
        if (facility) {
            segments.addAll(List.of("DTP*434*RD8*" + d8(claim.from()) + '-' + d8(claim.to()), "DTP*435*D8*" + d8(claim.from()), "CL1*1*7*01"));
        }
        String onAdmission = claim.kind().startsWith("inpatient") ? ":::::::Y" : "";
        for (int i = 0; i < claim.diagnoses().size(); i++) {
            segments.add("HI*" + (i == 0 ? "ABK:" : "ABF:") + claim.diagnoses().get(i).replace(".", "") + onAdmission);
        }
        for (int i = 0; i < claim.procedures().size(); i++) {
            segments.add("HI*" + (i == 0 ? "BBR:" : "BBQ:") + claim.procedures().get(i) + ":D8:" + d8(claim.from()));
        }
        segments.addAll(facility ? List.of("NM1*71*1*DIAZ*ANA****XX*" + DOCTOR) : List.of("NM1*82*1*DIAZ*ANA****XX*" + DOCTOR, "PRV*PE*PXC*207Q00000X"));
        for (int i = 0; i < claim.lines().size(); i++) {
            Line line = claim.lines().get(i);
            segments.add("LX*" + (i + 1));
            String modifier = line.modifier().isEmpty() ? "" : ':' + line.modifier();
            String charge = line.charge().toPlainString();
            segments.add(facility ? "SV2*" + line.revenue() + '*' + (line.code().isEmpty() ? "" : "HC:" + line.code() + modifier) + '*' + charge + "*UN*" + line.units()
                : claim.kind().equals("oral") ? "SV3*AD:" + line.code() + modifier + '*' + charge + '*' + line.place() + "***" + line.units() : "SV1*HC:" + line.code() + modifier + '*' + charge + "*UN*" + line.units() + '*' + line.place() + "**1");
            segments.add("DTP*472*" + (line.from().equals(line.to()) ? "D8*" + d8(line.from()) : "RD8*" + d8(line.from()) + '-' + d8(line.to())));
            segments.add("REF*6R*" + claim.account() + '-' + (i + 1));
        }
        return segments;
    }

    private static List<String> payment(Claim claim) {
        Member member = claim.member();
        List<String> segments = new ArrayList<>(List.of("BPR*I*" + claim.sum(Line::paid).toPlainString() + "*C*ACH*CTX*01*999999992*DA*1*1512345678**01*999988880*DA*9*" + d8(claim.paidOn()), "TRN*1*T" + claim.control() + "*1512345678",
            "DTM*405*" + d8(claim.paidOn()), "N1*PR*GOOD HEALTH", "N1*PE*PAYEE*XX*" + claim.billing(), "LX*1",
            "CLP*" + claim.account() + '*' + (claim.payment().equals("denied") ? 4 : 1) + '*' + claim.sum(Line::charge).toPlainString() + '*' + claim.sum(Line::paid).toPlainString() + '*' + claim.sum(Line::liability).toPlainString() + "*12*"
                + claim.control() + "*11*1",
            "NM1*QC*1*" + member.family() + '*' + member.given() + "****MI*" + member.id(), "DTM*050*" + d8(claim.received())));
        for (int i = 0; i < claim.lines().size(); i++) {
            Line line = claim.lines().get(i);
            String service = line.code().isEmpty() ? "NU:" + line.revenue() : (claim.kind().equals("oral") ? "AD:" : "HC:") + line.code();
            segments.add("SVC*" + service + '*' + line.charge().toPlainString() + '*' + line.paid().toPlainString() + "**" + line.units());
            segments.add("DTM*472*" + d8(line.from()));
            adjust(segments, "CO", Map.of("45", line.discount(), line.denial().isEmpty() ? "96" : line.denial(), line.noncovered()));
            adjust(segments, "PR", Map.of("1", line.deductible(), "2", line.coinsurance(), "3", line.copay()));
            adjust(segments, "OA", Map.of("23", line.other()));
            segments.add("REF*6R*" + claim.account() + '-' + (i + 1));
            segments.add("AMT*B6*" + line.allowed().toPlainString());
        }
        return segments;
    }

    private static void adjust(List<String> segments, String group, Map<String, BigDecimal> reasons) {
        StringBuilder cas = new StringBuilder("CAS*" + group);
        new java.util.TreeMap<>(reasons).forEach((reason, amount) -> {
            if (amount.signum() != 0) {
                cas.append(cas.length() > 6 ? "**" : "*").append(reason).append('*').append(amount.toPlainString());
            }
        });
        if (cas.length() > 6) {
            segments.add(cas.toString());
        }
    }
}
