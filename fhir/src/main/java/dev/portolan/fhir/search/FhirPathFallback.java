package dev.portolan.fhir.search;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.fhirpath.FhirPathExecutionException;
import ca.uhn.fhir.fhirpath.IFhirPath;
import ca.uhn.fhir.fhirpath.IFhirPathEvaluationContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.LenientErrorHandler;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.instance.model.api.IPrimitiveType;
import org.jspecify.annotations.Nullable;

/** Evaluates with HAPI's FHIRPath engine what is not compiled. Parses the resource into a model: slow, and meant to be rare. */
final class FhirPathFallback {

    private final FhirContext context = FhirContext.forR4Cached();

    /** What a definition's expression selects, as JSON with its type. */
    record Selected(String type, JsonValue value) {}

    boolean canRead(String expression) {
        try {
            context.newFhirPath().parse(expression);
            return true;
        } catch (Exception e) {
            // HAPI's interface declares Exception; here it is the answer to the question that was asked.
            return false;
        }
    }

    /** A resource as HAPI's model, for any number of expressions. */
    final class Model {
        private final IBase resource;

        private Model(IBase resource) {
            this.resource = resource;
        }

        List<Selected> evaluate(String expression) {
            IFhirPath engine = context.newFhirPath();
            engine.setEvaluationContext(new ReferencesByType());
            List<Selected> selected = new ArrayList<>();
            try {
                // Term by term: to join them the engine compares their values, and it cannot compare quantities without a UCUM service.
                for (String term : PathExpressionParser.unionTerms(expression)) {
                    engine.evaluate(resource, term, IBase.class).forEach(element -> selected.add(new Selected(element.fhirType(), json(element))));
                }
                return selected;
            } catch (FhirPathExecutionException e) {
                throw new IllegalStateException("the expression cannot be evaluated: " + expression, e);
            }
        }
    }

    Model model(JsonDocument resource) {
        IParser reader = context.newJsonParser();
        // The parser's own writes what it wonders about into the log, values of the resource among it.
        reader.setParserErrorHandler(new LenientErrorHandler(false));
        return new Model(reader.parseResource(new String(resource.bytes(), StandardCharsets.UTF_8)));
    }

    /** {@code resolve()} gives an empty resource of the type that the reference names: enough to ask for its type, which is all that definitions do. */
    private final class ReferencesByType implements IFhirPathEvaluationContext {
        @Override
        public @Nullable IBase resolveReference(IIdType reference, @Nullable IBase containing) {
            String type = reference.getResourceType();
            return type == null || !ReferenceText.RESOURCE_TYPES.contains(type) ? null : context.getResourceDefinition(type).newInstance();
        }
    }

    private JsonValue json(IBase element) {
        if (element instanceof IPrimitiveType<?> primitive) {
            Object value = primitive.getValue();
            boolean bare = value instanceof Boolean || value instanceof Number;
            String text = String.valueOf(primitive.getValueAsString());
            String quoted = "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ") + "\"";
            return JsonDocument.parse(bare ? text : quoted).root();
        }
        return JsonDocument.parse(context.newJsonParser().encodeToString(element)).root();
    }
}
