package dev.portolan.intake.load;

import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.fhir.structure.StructureChecker;
import dev.portolan.fhir.terminology.Terminology;
import dev.portolan.fhir.validation.ProfileValidator;
import dev.portolan.store.RecordStore;

/**
 * What loads work with.
 *
 * @param structure refuses what is no FHIR at all: such a record goes into quarantine
 */
public record LoadParts(LoadLedger ledger, RecordStore store, StructureChecker structure, ProfileValidator validator, Terminology terminology, SearchQueryParser parser) {}
