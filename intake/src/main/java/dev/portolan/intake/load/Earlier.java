package dev.portolan.intake.load;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.intake.mapping.References;
import java.sql.Connection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** What came before a record: in the store, and of its own batch. */
public interface Earlier extends References {

    String feed();

    /** The file's number. */
    long file();

    /** For tables of this room; what is written there ends with the batch. */
    Connection connection();

    Optional<JsonDocument> resource(String type, String id);

    /** Asks in one question for resources that the batch's records will probably ask for one by one. */
    void expect(String type, Set<String> ids);

    /**
     * The same for those that name others.
     *
     * @param field an element with one reference, and the search parameter of that name
     */
    void expectNaming(String type, String field, Set<String> references);

    /**
     * Resources that a search finds, and those of the batch.
     *
     * @param matches what the search asks, once more, of a resource itself
     */
    List<JsonDocument> resources(String type, String parameter, String value, Predicate<JsonDocument> matches);
}
