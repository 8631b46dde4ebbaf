package dev.portolan.server.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The order of the rooms (docs/architecture.md, "The rooms"): imports run one way. */
class RoomOrderTest {

    private static final String ROOT = "dev.portolan.";

    /** What each room may use beside itself, all of it, not only its neighbours. */
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            Map.entry("fhir", Set.of()),
            Map.entry("tables", Set.of()),
            Map.entry("store", Set.of("fhir", "tables")),
            Map.entry("jobs", Set.of("tables")),
            Map.entry("audit", Set.of("fhir", "tables")),
            Map.entry("identity", Set.of("fhir", "tables", "audit")),
            Map.entry("members", Set.of("fhir", "tables", "store", "identity", "audit")),
            Map.entry("rest", Set.of("fhir", "store", "identity", "audit", "members")),
            Map.entry("compliance", Set.of("fhir", "store", "identity", "audit", "members", "rest")),
            Map.entry("bulkdata", Set.of("fhir", "tables", "store", "identity", "audit", "members", "rest", "jobs", "intake")),
            Map.entry("patientaccess", Set.of("fhir", "store", "identity", "audit", "members", "rest")),
            Map.entry("provideraccess", Set.of("fhir", "tables", "store", "identity", "audit", "members", "rest", "compliance", "jobs", "bulkdata")),
            Map.entry("intake", Set.of("fhir", "tables", "store", "identity", "audit", "members")),
            Map.entry("sandbox", Set.of("fhir", "audit", "identity")),
            Map.entry("server", Set.of("fhir", "tables", "store", "identity", "audit", "members", "rest", "compliance", "bulkdata", "patientaccess", "provideraccess", "intake", "sandbox", "jobs")));

    private static JavaClasses portolan;

    @BeforeAll
    static void read() {
        portolan = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("dev.portolan");
    }

    @Test
    void everyRoomStandsInTheOrder() {
        Set<String> rooms = portolan.stream().map(type -> room(type.getPackageName())).collect(Collectors.toSet());
        assertThat(rooms).as("rooms without a place in the order").isSubsetOf(MAY_USE.keySet());
    }

    @TestFactory
    List<DynamicTest> usesOnlyTheRoomsAboveIt() {
        return MAY_USE.keySet().stream().sorted().map(room -> DynamicTest.dynamicTest(room, () -> {
            String[] forbidden = MAY_USE.keySet().stream().filter(other -> !other.equals(room) && !MAY_USE.get(room).contains(other))
                    .map(other -> ROOT + other + "..").toArray(String[]::new);
            noClasses().that(resideInAPackage(ROOT + room + "..")).should().dependOnClassesThat(resideInAnyPackage(forbidden))
                    .allowEmptyShould(true).check(portolan);
        })).toList();
    }

    @Test
    void fhirKnowsNoHttpAndNoSql() {
        noClasses().that(resideInAPackage("dev.portolan.fhir..")).should()
                .dependOnClassesThat(resideInAnyPackage("java.sql..", "javax.sql..", "jakarta.servlet..", "org.springframework.."))
                .check(portolan);
    }

    /** The data's only door: nobody but the store talks SQL about records, and nobody above reaches JDBC from FHIR's edge. */
    @Test
    void restTalksNoSql() {
        noClasses().that(resideInAPackage("dev.portolan.rest..")).should()
                .dependOnClassesThat(resideInAnyPackage("java.sql..", "javax.sql.."))
                .allowEmptyShould(true).check(portolan);
    }

    @Test
    void nothingHoldsChangingStaticState() {
        classes().should(new NoMutableStatics()).check(portolan);
    }

    private static String room(String packageName) {
        String below = packageName.substring(ROOT.length());
        int dot = below.indexOf('.');
        return dot < 0 ? below : below.substring(0, dot);
    }

    private static final class NoMutableStatics extends com.tngtech.archunit.lang.ArchCondition<com.tngtech.archunit.core.domain.JavaClass> {

        NoMutableStatics() {
            super("have only final static fields");
        }

        @Override
        public void check(com.tngtech.archunit.core.domain.JavaClass type, com.tngtech.archunit.lang.ConditionEvents events) {
            type.getFields().stream()
                    .filter(field -> field.getModifiers().contains(JavaModifier.STATIC) && !field.getModifiers().contains(JavaModifier.FINAL))
                    .filter(field -> !field.getModifiers().contains(JavaModifier.SYNTHETIC))
                    .forEach(field -> events.add(com.tngtech.archunit.lang.SimpleConditionEvent.violated(field, field.getFullName() + " is static and not final")));
        }
    }
}
