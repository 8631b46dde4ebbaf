package dev.portolan.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpcdsDeliveryTest {

    @TempDir
    private Path folder;

    @Test
    void coveragesThatAreTheSameButForTheirIdBecomeOneAndEveryClaimNamesIt() throws IOException {
        Path made = Files.createDirectory(folder.resolve("made"));
        Path target = Files.createDirectory(folder.resolve("target"));
        Files.write(made.resolve("CPCDS_Coverages.csv"), List.of("Coverage id,Member id,Plan name", "c1,m1,Gold", "c2,m1,Gold", "c3,m1,Silver", "c4,m2,Gold"));
        Files.write(made.resolve("CPCDS_Claims.csv"), List.of("Claim payer identifier,Claim unique identifier,Note", "c2,e1,\"a, b\"", "c3,e2,", "c4,e3,"));
        Files.write(made.resolve("CPCDS_Members.csv"), List.of("Member id", "m1", "m2"));
        CpcdsDelivery.write(made, target);
        assertThat(Files.readAllLines(target.resolve("cpcds/CPCDS_Coverages.csv"))).containsExactly("Coverage id,Member id,Plan name", "c1,m1,Gold", "c3,m1,Silver", "c4,m2,Gold");
        assertThat(Files.readAllLines(target.resolve("cpcds/CPCDS_Claims.csv"))).containsExactly("Claim payer identifier,Claim unique identifier,Note", "c1,e1,\"a, b\"", "c3,e2,", "c4,e3,");
        assertThat(Folders.files(target.resolve("cpcds"), ".csv")).hasSize(3);
        assertThat(Folders.files(target.resolve("cpcds-claims"), ".csv")).extracting(file -> file.getFileName().toString()).containsExactly("CPCDS_Claims.csv", "CPCDS_Coverages.csv");
    }
}
