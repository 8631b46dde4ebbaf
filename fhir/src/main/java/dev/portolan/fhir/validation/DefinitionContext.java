package dev.portolan.fhir.validation;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.terminology.Terminology;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.hl7.fhir.common.hapi.validation.validator.WorkerContextValidationSupportAdapter;
import org.hl7.fhir.exceptions.FHIRException;
import org.hl7.fhir.r5.context.ExpansionOptions;
import org.hl7.fhir.r5.model.CodeSystem;
import org.hl7.fhir.r5.model.CodeableConcept;
import org.hl7.fhir.r5.model.Coding;
import org.hl7.fhir.r5.model.ElementDefinition;
import org.hl7.fhir.r5.model.Enumerations.CodeSystemContentMode;
import org.hl7.fhir.r5.model.Resource;
import org.hl7.fhir.r5.model.StructureDefinition;
import org.hl7.fhir.r5.model.ValueSet;
import org.hl7.fhir.r5.terminologies.expansion.ValueSetExpansionOutcome;
import org.hl7.fhir.r5.terminologies.utilities.TerminologyServiceErrorClass;
import org.hl7.fhir.r5.terminologies.utilities.ValidationResult;
import org.hl7.fhir.r5.utils.validation.ValidationContextCarrier;
import org.hl7.fhir.utilities.validation.ValidationOptions;
import org.jspecify.annotations.Nullable;

/**
 * What the validator knows of the world: definitions from the packages, one by one as it asks, and codes from our terminology. HAPI's own way loads
 * every package's every resource first, which takes half a minute and half a gigabyte.
 */
final class DefinitionContext extends WorkerContextValidationSupportAdapter {

    static final String BASE_DEFINITIONS = "http://hl7.org/fhir/StructureDefinition/";

    private final DefinitionResolver resolver;
    private final StructureDefinitions structures;
    private final ValidatorTerminology terminology;
    private final Undecided undecided = new Undecided(canonical -> fetch(StructureDefinition.class, canonical, null));
    private final ThreadLocal<DefinitionTrail> trail = ThreadLocal.withInitial(DefinitionTrail::new);
    /** When the validation on this thread has to be at its end, in System.nanoTime. */
    private final ThreadLocal<Long> end = new ThreadLocal<>();
    private volatile @Nullable Set<String> primitiveTypes;

    DefinitionContext(FhirPackages packages, Terminology terminology) {
        super(new ContextOnly());
        this.resolver = new DefinitionResolver(packages);
        this.structures = new StructureDefinitions(packages, resolver);
        this.terminology = new ValidatorTerminology(terminology);
    }

    /** What was not known since the last call on this thread. */
    Set<String> takeUnknownValueSets() {
        return terminology.takeUnknownValueSets();
    }

    /** A validation begins or ends on this thread. */
    void forgetTrail() {
        trail.remove();
    }

    /** The library knows no end, and some of its work grows with the cube of a resource; but it asks here all the time, and once this time is over it gets an exception for each question. */
    void mayTake(Duration longest) {
        end.set(System.nanoTime() + longest.toNanos());
    }

    /** Whether the time was over before the validation was; it may take any from now on. */
    boolean tookTooLong() {
        boolean late = isLate();
        end.remove();
        return late;
    }

    private boolean isLate() {
        Long at = end.get();
        return at != null && System.nanoTime() - at > 0;
    }

    /** Definitions are for all: one that was left half made would be wrong for everybody, so it takes the time that it takes. */
    private <T> T read(Supplier<T> reading) {
        Long at = end.get();
        end.remove();
        try {
            return reading.get();
        } finally {
            if (at != null) {
                end.set(at);
            }
        }
    }

    private void requireTime() {
        if (isLate()) {
            throw new FHIRException("the validation takes too long");
        }
    }

    /** The validator words its messages here, at the element that they are about: what it says for want of a definition is said as such. */
    @Override
    public String formatMessage(String messageId, Object... arguments) {
        requireTime();
        String instead = undecided.instead(messageId, arguments, trail.get(), terminology.unknownValueSets());
        return instead.isEmpty() ? super.formatMessage(messageId, arguments) : instead;
    }

    /** The base class asks its support for the FHIR context and, as far as this class lets it, for nothing else. */
    private static final class ContextOnly implements IValidationSupport {
        @Override
        public FhirContext getFhirContext() {
            return FhirContext.forR4Cached();
        }
    }

    @Override
    public Locale getLocale() {
        return Locale.ENGLISH;
    }

    @Override
    public <T extends Resource> @Nullable T fetchResource(Class<T> type, String uri) {
        return fetch(type, uri, null);
    }

    @Override
    public <T extends Resource> @Nullable T fetchResource(Class<T> type, String uri, String version, Resource referrer) throws FHIRException {
        return fetch(type, version == null || version.isEmpty() || uri == null ? uri : uri + "|" + version, referrer);
    }

    @Override
    public <T extends Resource> @Nullable T fetchResourceRaw(Class<T> type, String uri) {
        return fetch(type, uri, null);
    }

    @Override
    public <T extends Resource> T fetchResourceWithException(Class<T> type, String uri) throws FHIRException {
        return fetchResourceWithException(type, uri, null, null);
    }

    @Override
    public <T extends Resource> T fetchResourceWithException(Class<T> type, String uri, String version, Resource referrer) throws FHIRException {
        T found = fetchResource(type, uri, version, referrer);
        if (found == null) {
            throw new FHIRException("not loaded: " + uri);
        }
        return found;
    }

    @Override
    public <T extends Resource> @Nullable T findTxResource(Class<T> type, String canonical) {
        return findTxResource(type, canonical, null, null);
    }

    @Override
    public <T extends Resource> @Nullable T findTxResource(Class<T> type, String canonical, String version, Resource referrer) {
        T found = fetchResource(type, canonical, version, referrer);
        // A value set that nobody has gets a name too, so that a rule that asks for membership hears "not known" and not "no".
        return found == null && type == ValueSet.class && canonical != null && namesValueSet(canonical) ? type.cast(named(canonical, null)) : found;
    }

    /** The validator also asks this way whether a code system's address is a value set's by mistake: that must stay "no". */
    private static boolean namesValueSet(String canonical) {
        String address = canonical.toLowerCase(Locale.ROOT);
        return address.contains("valueset") || address.contains("/vs/");
    }

    @Override
    public <T extends Resource> boolean hasResource(Class<T> type, String uri) {
        return fetch(type, uri, null) != null;
    }

    @Override
    public <T extends Resource> boolean hasResource(Class<T> type, String uri, String version, Resource referrer) {
        return fetchResource(type, uri, version, referrer) != null;
    }

    private <T extends Resource> @Nullable T fetch(Class<T> type, @Nullable String canonical, @Nullable Resource referrer) {
        requireTime();
        if (canonical == null || canonical.isEmpty()) {
            return null;
        }
        if (type == StructureDefinition.class) {
            StructureDefinition found = read(() -> structures.find(canonical, referrer, this));
            boolean base = canonical.startsWith(BASE_DEFINITIONS);
            if (found != null && base) {
                trail.get().found(canonical);
            } else if (found == null && !base) {
                trail.get().missed(canonical);
            }
            return type.cast(found);
        }
        if (type == ValueSet.class) {
            return type.cast(valueSet(canonical, referrer));
        }
        if (type == CodeSystem.class) {
            return type.cast(fetchCodeSystem(canonical));
        }
        if (type == Resource.class) {
            Resource found = read(() -> structures.find(canonical, referrer, this));
            found = found == null ? valueSet(canonical, referrer) : found;
            return type.cast(found == null ? fetchCodeSystem(canonical) : found);
        }
        return null;
    }

    /** A value set by name only: its content is the terminology's business, and the validator asks there. */
    private @Nullable ValueSet valueSet(String canonical, @Nullable Resource referrer) {
        GuideRef origin = StructureDefinitions.origin(referrer);
        PackageResource found = resolver.find("ValueSet", canonical, origin).orElse(null);
        if (found == null && !terminology.knowsValueSet(canonical)) {
            return null;
        }
        return named(canonical, found == null ? null : found.version());
    }

    private static ValueSet named(String canonical, @Nullable String version) {
        ValueSet set = new ValueSet();
        set.setUrl(url(canonical));
        set.setVersion(version);
        set.setName(url(canonical));
        return set;
    }

    private static String url(String canonical) {
        int bar = canonical.indexOf('|');
        return bar < 0 ? canonical : canonical.substring(0, bar);
    }

    @Override
    public @Nullable CodeSystem fetchCodeSystem(String system) {
        if (system == null || !terminology.knowsCodeSystem(url(system))) {
            return null;
        }
        CodeSystem named = new CodeSystem();
        named.setUrl(url(system));
        named.setContent(CodeSystemContentMode.COMPLETE);
        return named;
    }

    @Override
    public @Nullable CodeSystem fetchCodeSystem(String system, String version, Resource referrer) {
        return fetchCodeSystem(system);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T extends Resource> List<T> fetchResourcesByType(Class<T> type) {
        return type == StructureDefinition.class ? (List<T>) read(() -> structures.types(this)) : List.of();
    }

    @Override
    public @Nullable StructureDefinition fetchTypeDefinition(@Nullable String name) {
        if (name == null) {
            return null;
        }
        String url = name.startsWith("http:") ? name : BASE_DEFINITIONS + name;
        return read(() -> structures.find(url, null, this));
    }

    @Override
    public List<StructureDefinition> fetchTypeDefinitions(String name) {
        return read(() -> structures.types(this)).stream().filter(definition -> name.equals(definition.getType())).collect(Collectors.toList());
    }

    @Override
    public boolean isPrimitiveType(String name) {
        requireTime();
        return primitiveTypes().contains(name);
    }

    /** Asked for many times for each element: made once. */
    private Set<String> primitiveTypes() {
        Set<String> made = primitiveTypes;
        if (made == null) {
            made = read(() -> structures.types(this)).stream()
                    .filter(definition -> definition.getKind() == StructureDefinition.StructureDefinitionKind.PRIMITIVETYPE)
                    .map(StructureDefinition::getType)
                    .collect(Collectors.toSet());
            primitiveTypes = made;
        }
        return made;
    }

    @Override
    public boolean isDataType(String name) {
        return !isPrimitiveType(name);
    }

    /** Every system is one that can be asked about; the answer may be that nothing is known. */
    @Override
    public SystemSupportInformation getTxSupportInfo(String system, String version) {
        return new SystemSupportInformation(true);
    }

    @Override
    public ValidationResult validateCode(ValidationOptions options, String system, String version, String code, String display) {
        requireTime();
        return terminology.inCodeSystem(system, code);
    }

    @Override
    public ValidationResult validateCode(ValidationOptions options, String system, String version, String code, String display, ValueSet valueSet) {
        requireTime();
        return valueSet == null ? terminology.inCodeSystem(system, code) : terminology.inValueSet(system, code, valueSet);
    }

    @Override
    public ValidationResult validateCode(ValidationOptions options, String code, ValueSet valueSet) {
        requireTime();
        return terminology.inValueSet(code, valueSet);
    }

    /** FHIRPath's {@code memberOf()} hands an element of type code, string or uri as a Coding that never had a system, and says with its options that the value set's is meant: slices are told apart so. */
    @Override
    public ValidationResult validateCode(ValidationOptions options, Coding coding, ValueSet valueSet) {
        if (!coding.hasSystem() && coding.hasCode() && valueSet != null && options.isGuessSystem()) {
            return validateCode(options, coding.getCode(), valueSet);
        }
        return validateCode(options, coding.getSystem(), coding.getVersion(), coding.getCode(), coding.getDisplay(), valueSet);
    }

    @Override
    public ValidationResult validateCode(ValidationOptions options, Coding coding, ValueSet valueSet, ValidationContextCarrier carrier) {
        return validateCode(options, coding, valueSet);
    }

    @Override
    public ValidationResult validateCode(ValidationOptions options, CodeableConcept concept, @Nullable ValueSet valueSet) {
        requireTime();
        if (valueSet == null) {
            Coding first = concept.getCodingFirstRep();
            return terminology.inCodeSystem(first.getSystem(), first.getCode());
        }
        return terminology.inValueSet(concept, valueSet);
    }

    private static ValueSetExpansionOutcome noExpansion() {
        return new ValueSetExpansionOutcome("expansions are not made for the validator", TerminologyServiceErrorClass.VALUESET_UNSUPPORTED, false);
    }

    @Override
    public ValueSetExpansionOutcome expandVS(ValueSet source, boolean cacheOk, boolean hierarchical) {
        return noExpansion();
    }

    @Override
    public ValueSetExpansionOutcome expandVS(ExpansionOptions options, ValueSet source) {
        return noExpansion();
    }

    @Override
    public ValueSetExpansionOutcome expandVS(ValueSet source, boolean cacheOk, boolean hierarchical, int count) {
        return noExpansion();
    }

    @Override
    public ValueSetExpansionOutcome expandVS(ExpansionOptions options, String uri) {
        return noExpansion();
    }

    @Override
    public ValueSetExpansionOutcome expandVS(
            Resource source, ElementDefinition.ElementDefinitionBindingComponent binding, boolean cacheOk, boolean hierarchical) {
        return noExpansion();
    }
}
