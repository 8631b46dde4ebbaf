package dev.portolan.fhir.validation;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.outcome.IssueType;
import dev.portolan.fhir.outcome.Severity;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.terminology.Terminology;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.hl7.fhir.common.hapi.validation.validator.FhirDefaultPolicyAdvisor;
import org.hl7.fhir.r5.elementmodel.Manager;
import org.hl7.fhir.r5.model.StructureDefinition;
import org.hl7.fhir.r5.utils.validation.ValidatorSession;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;
import org.hl7.fhir.r5.utils.validation.constants.IdStatus;
import org.hl7.fhir.r5.utils.xver.XVerExtensionManagerOld;
import org.hl7.fhir.utilities.validation.ValidationMessage;
import org.hl7.fhir.validation.ValidatorSettings;
import org.hl7.fhir.validation.instance.InstanceValidator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Validates resources against profiles: those that the resource claims in {@code meta.profile} and those asked for. Safe for concurrent use; no more
 * validations run at once than it was made for, the others wait.
 *
 * <p>What to do with the findings (nothing, report, refuse) is the caller's policy.
 */
public final class ProfileValidator implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ProfileValidator.class);

    /** The guides whose profiles a server checks first: US Core and CARIN Blue Button, which most member data claims. */
    public static final List<GuideRef> WARMED = List.of(new GuideRef("hl7.fhir.us.core", "6.1.0"), new GuideRef("hl7.fhir.us.carin-bb", "2.0.0"));

    /** Above what a large resource takes, cold. Whoever sent one that takes hours held all validations up. */
    private static final Duration LONGEST = Duration.ofSeconds(60);

    private final FhirPackages packages;
    private final Terminology terminology;
    /** The library makes objects of each, some hundred bytes to a kilobyte: two resources of a million took all memory. */
    private static final int MOST_VALUES = 200_000;
    /** Some seconds. */
    private static final long MOST_STEPS = 2_000_000_000L;

    private final Duration longest;
    /** Threads of the system: a validation calculates for a long time, and a caller's virtual thread that did so would keep a processor from all other calls. */
    private final ThreadPoolExecutor threads;
    private volatile @Nullable DefinitionContext context;
    private volatile WarmUp warmUp = WarmUp.COLD;
    private volatile boolean closed;
    private @Nullable Thread warmer;

    /**
     * A cold validator: it reads definitions when they are first needed.
     *
     * @param concurrency how many validations may run at once
     */
    public ProfileValidator(FhirPackages packages, Terminology terminology, int concurrency) {
        this(packages, terminology, concurrency, LONGEST);
    }

    /** @param longest what one validation may take; definitions that are read for the first time count, too */
    ProfileValidator(FhirPackages packages, Terminology terminology, int concurrency, Duration longest) {
        this.longest = longest;
        this.packages = packages;
        this.terminology = terminology;
        this.threads = new ThreadPoolExecutor(concurrency, concurrency, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(), work -> {
            Thread thread = new Thread(work, "validator");
            thread.setDaemon(true);
            return thread;
        });
        threads.allowCoreThreadTimeOut(true);
    }

    /** How warm the validator is, for the health page. */
    public WarmUp warmUp() {
        return warmUp;
    }

    /**
     * Makes profiles ready in the background, in their order. Validation may be asked for meanwhile. A second call does nothing.
     *
     * @param guides the guides whose resource profiles are wanted, as {@link #WARMED} has them; those that are not loaded are passed over
     */
    public synchronized void startWarmUp(List<GuideRef> guides) {
        if (warmer != null) {
            return;
        }
        Thread thread = new Thread(() -> warm(guides), "validator-warm-up");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        warmer = thread;
        warmUp = new WarmUp(WarmUp.State.WARMING, 0, 0);
        thread.start();
    }

    private void warm(List<GuideRef> guides) {
        long start = System.nanoTime();
        try {
            List<PackageResource> profiles = guides.stream()
                    .flatMap(ref -> packages.guide(ref.id(), ref.version()).stream())
                    .flatMap(guide -> guide.resources().stream())
                    .filter(ProfileValidator::isResourceProfile)
                    .toList();
            int done = 0;
            for (PackageResource profile : profiles) {
                if (closed) {
                    return;
                }
                warm(profile.url() + "|" + profile.version());
                warmUp = new WarmUp(WarmUp.State.WARMING, ++done, profiles.size());
            }
            warmUp = new WarmUp(WarmUp.State.WARM, done, profiles.size());
            LOG.info("The validator is warm: {} profiles in {} ms", done, (System.nanoTime() - start) / 1_000_000);
        } catch (RuntimeException | LinkageError e) {
            if (closed) {
                return;
            }
            warmUp = new WarmUp(WarmUp.State.FAILED, warmUp.done(), warmUp.total());
            LOG.error("The validator's warm-up failed", e);
        }
    }

    private static boolean isResourceProfile(PackageResource resource) {
        if (!resource.resourceType().equals("StructureDefinition") || resource.url() == null || resource.version() == null) {
            return false;
        }
        JsonValue definition = resource.document().root();
        return "resource".equals(definition.fieldText("kind")) && "constraint".equals(definition.fieldText("derivation"));
    }

    /** The smallest resource that claims a profile makes the validator read all that the profile stands on. */
    private void warm(String profile) {
        StructureDefinition definition = context().fetchResource(StructureDefinition.class, profile);
        if (definition != null) {
            String smallest = "{\"resourceType\":\"" + definition.getType() + "\",\"meta\":{\"profile\":[\"" + profile + "\"]}}";
            validate(JsonDocument.parse(smallest), List.of());
        }
    }

    private DefinitionContext context() {
        DefinitionContext made = context;
        if (made == null) {
            synchronized (this) {
                made = context;
                if (made == null) {
                    made = new DefinitionContext(packages, terminology);
                    context = made;
                }
            }
        }
        return made;
    }

    /** True if there is a definition at this address, which may end in {@code |version}: a resource can be checked against it. */
    public boolean knowsProfile(String canonical) {
        return packages.find("StructureDefinition", canonical).isPresent();
    }

    /**
     * Validates a resource.
     *
     * @param resource the resource
     * @param profiles canonical addresses of profiles to check besides those that the resource claims; {@code |version} is heeded
     */
    public ValidationReport validate(JsonDocument resource, Collection<String> profiles) {
        if (resource.values() > MOST_VALUES) {
            return tooCostly("The resource holds more than " + MOST_VALUES + " values, too many to check against profiles: validate parts of it.");
        }
        if (TagSearch.steps(resource) > MOST_STEPS) {
            return tooCostly("The resource holds a text of too many opening brackets, or a narrative of too many links within it, to check it against profiles: leave them out.");
        }
        try {
            return CompletableFuture.supplyAsync(() -> run(resource, profiles), threads).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            } else if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e;
        }
    }

    private static ValidationReport tooCostly(String message) {
        ReportBuilder report = new ReportBuilder(Set.of());
        report.add(new Issue(Severity.ERROR, IssueType.TOO_COSTLY, "", message));
        return report.build();
    }

    private ValidationReport run(JsonDocument resource, Collection<String> profiles) {
        DefinitionContext definitions = context();
        definitions.takeUnknownValueSets();
        definitions.forgetTrail();
        definitions.mayTake(longest);
        List<ValidationMessage> messages = new ArrayList<>();
        List<StructureDefinition> extra = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        Issue failure = null;
        try {
            for (String profile : asked(resource, profiles)) {
                StructureDefinition definition = definitions.fetchResource(StructureDefinition.class, profile);
                if (definition == null) {
                    missing.add(profile);
                } else {
                    extra.add(definition);
                }
            }
            validator(definitions).validate(null, messages, new ByteArrayInputStream(resource.bytes()), Manager.FhirFormat.JSON, extra);
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            // The library fails on some unusual content, as on an address of ten thousand numbers; the resource then counts as not valid. Its message may quote the resource.
            LOG.warn("The validator failed with {}", e.getClass().getName());
            LOG.debug("The validator failed", e);
            failure = new Issue(Severity.ERROR, IssueType.EXCEPTION, "", "The validator failed on this resource: " + e.getClass().getSimpleName() + ".");
        }
        definitions.forgetTrail();
        if (definitions.tookTooLong()) {
            // What it said from then on is of no account, and nobody knows from when on that was.
            messages.clear();
            failure = new Issue(Severity.ERROR, IssueType.TOO_COSTLY, "", "The validation was broken off after " + longest.toSeconds() + " seconds: validate smaller resources, or parts of this one.");
        }
        ReportBuilder report = new ReportBuilder(definitions.takeUnknownValueSets());
        missing.forEach(profile -> report.add(new NotChecked("", NotChecked.Kind.PROFILE, profile)));
        messages.forEach(report::add);
        if (failure != null) {
            report.add(failure);
        }
        return report.build();
    }

    private static Set<String> asked(JsonDocument resource, Collection<String> profiles) {
        Set<String> asked = new LinkedHashSet<>(profiles);
        asked.removeAll(claimed(resource.root()));
        return asked;
    }

    private static Set<String> claimed(JsonValue root) {
        Set<String> claimed = new LinkedHashSet<>();
        JsonValue meta = root.field("meta");
        JsonValue profiles = meta == null ? null : meta.field("profile");
        if (profiles != null) {
            profiles.children().forEach(profile -> claimed.add(profile.text()));
        }
        return claimed;
    }

    private static InstanceValidator validator(DefinitionContext definitions) {
        // A reference's type is what its text says (Patient/1): the target itself is not fetched.
        ValidatorSettings settings = new ValidatorSettings();
        settings.setAssumeValidRestReferences(true);
        InstanceValidator validator = new InstanceValidator(
                definitions,
                new ReferenceTypes(),
                new XVerExtensionManagerOld(definitions),
                new ValidatorSession(),
                settings);
        validator.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
        validator.setAnyExtensionsAllowed(true);
        validator.setResourceIdRule(IdStatus.OPTIONAL);
        validator.setErrorForUnknownProfiles(true);
        validator.setPolicyAdvisor(new FhirDefaultPolicyAdvisor());
        validator.setNoBindingMsgSuppressed(true);
        validator.setAllowExamples(true);
        return validator;
    }

    /** Ends the warm-up after the profile that it is at. */
    @Override
    public void close() {
        closed = true;
        threads.shutdown();
    }
}
