package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.outcome.IssueType;
import dev.portolan.fhir.outcome.Severity;
import dev.portolan.store.ReadResult;
import dev.portolan.store.ResourceKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** {@code $validate} (R4 resource-operation-validate). The answer is 200 whatever is found: the findings are the result. */
final class Validate implements FhirOperation {

    private static final Set<String> MODES = Set.of("create", "update", "delete", "profile");

    private final ResourceIntake intake;

    Validate(ResourceIntake intake) {
        this.intake = intake;
    }

    @Override
    public String name() {
        return "$validate";
    }

    @Override
    public String definition() {
        return "http://hl7.org/fhir/OperationDefinition/Resource-validate";
    }

    @Override
    public Set<Level> levels() {
        return Set.of(Level.TYPE, Level.INSTANCE);
    }

    @Override
    public Set<String> types() {
        return Set.of();
    }

    @Override
    public boolean affectsState() {
        return false;
    }

    @Override
    public OperationAnswer invoke(OperationRequest invoked) {
        return OperationAnswer.of(answer(invoked.call(), invoked.request()));
    }

    private Answer answer(Call call, FhirRequest request) {
        Route route = request.route();
        OperationInput input = new OperationInput(request);
        String mode = input.text("mode");
        if (mode != null && !MODES.contains(mode)) {
            throw new FhirException(Problem.BAD_PARAMETER, "mode of $validate is one of create, update, delete, profile");
        }
        JsonDocument resource = input.resource();
        Disclosed disclosed = new Disclosed();
        if (resource == null && route.kind() == Route.Kind.INSTANCE_OPERATION) {
            ReadResult read = call.view().read(new ResourceKey(route.type(), route.id()));
            if (!(read instanceof ReadResult.Found found)) {
                throw Reads.missing(read);
            }
            call.room().accept(found.resource().content().size());
            byte[] json = found.resource().content().json();
            disclosed.add(found.resource(), json);
            resource = JsonDocument.parse(json);
        }
        if (resource == null) {
            throw new FhirException(Problem.MISSING_PARAMETER, "$validate needs a resource: post it, or a Parameters with the parameter resource");
        }
        List<Issue> issues = "delete".equals(mode) ? List.of() : findings(resource, route, mode, input.texts("profile"));
        return Answer.json(200, Outcomes.of(issues, "no issues found"), access(route, disclosed));
    }

    /** The findings on a stored resource tell of its content. */
    private static Answer.Access access(Route route, Disclosed disclosed) {
        return route.id().isEmpty() ? Answer.Access.of("$validate") : Answer.Access.ofOne("$validate", route.type(), route.id(), disclosed);
    }

    private List<Issue> findings(JsonDocument resource, Route route, @org.jspecify.annotations.Nullable String mode, List<String> profiles) {
        List<Issue> issues = new ArrayList<>();
        String type = resource.root().fieldText("resourceType");
        if (!route.type().equals(type)) {
            issues.add(Issue.error(IssueType.STRUCTURE, "", "The resource is of another type than the URL: validate it at its own type."));
        }
        boolean hasId = resource.root().field("id") != null;
        if ("update".equals(mode) && !hasId) {
            issues.add(Issue.error(IssueType.REQUIRED, type + ".id", "An update needs the id in the resource."));
        } else if ("update".equals(mode) && !route.id().isEmpty() && !route.id().equals(resource.root().fieldText("id"))) {
            issues.add(Issue.error(IssueType.VALUE, type + ".id", "The resource's id is another than the URL's: the update would be refused."));
        }
        issues.addAll(intake.structure(resource));
        // What is no resource at all the profiles have nothing to say about.
        if (issues.stream().noneMatch(issue -> issue.severity() == Severity.FATAL || issue.severity() == Severity.ERROR)) {
            issues.addAll(intake.profiles(resource, profiles));
        }
        return issues;
    }
}
