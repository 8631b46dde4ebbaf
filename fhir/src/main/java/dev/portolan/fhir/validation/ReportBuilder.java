package dev.portolan.fhir.validation;

import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.outcome.IssueType;
import dev.portolan.fhir.outcome.Severity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.hl7.fhir.utilities.i18n.I18nConstants;
import org.hl7.fhir.utilities.validation.ValidationMessage;
import org.jspecify.annotations.Nullable;

/** Turns the validator's messages into a report: what is wrong to one side, what could not be checked to the other. */
final class ReportBuilder {

    private static final int MOST_ISSUES = 200;
    private static final Pattern NOT_CHECKED = Pattern.compile(ValidatorTerminology.NOT_CHECKED + " (VALUE_SET|CODE_SYSTEM|PROFILE) <([^>]*)>");
    private static final Pattern ADDRESS = Pattern.compile("'((?:https?:|urn:)[^'\\s]+)'");
    /** The value set of a binding is in no package. */
    private static final Set<String> VALUE_SET_MISSING = Set.of(I18nConstants.TERMINOLOGY_TX_VALUESET_NOTFOUND);
    private static final Set<String> PROFILE_MISSING = Set.of(
            I18nConstants.VALIDATION_VAL_PROFILE_UNKNOWN,
            I18nConstants.VALIDATION_VAL_PROFILE_UNKNOWN_NOT_POLICY,
            I18nConstants.VALIDATION_VAL_PROFILE_UNKNOWN_ERROR);

    private final Set<String> unknownValueSets;
    private final Set<Issue> issues = new LinkedHashSet<>();
    private final Set<NotChecked> notChecked = new LinkedHashSet<>();

    /** @param unknownValueSets value sets that the validator asked about in vain */
    ReportBuilder(Set<String> unknownValueSets) {
        this.unknownValueSets = unknownValueSets;
    }

    void add(ValidationMessage message) {
        String text = message.getMessage();
        String place = String.valueOf(message.getLocation());
        Matcher marked = NOT_CHECKED.matcher(text);
        if (marked.find()) {
            do {
                notChecked.add(new NotChecked(place, NotChecked.Kind.valueOf(marked.group(1)), marked.group(2)));
            } while (marked.find());
        } else if (VALUE_SET_MISSING.contains(String.valueOf(message.getMessageId()))) {
            notChecked.add(new NotChecked(place, NotChecked.Kind.VALUE_SET, address(text)));
        } else if (PROFILE_MISSING.contains(String.valueOf(message.getMessageId()))) {
            notChecked.add(new NotChecked(place, NotChecked.Kind.PROFILE, address(text)));
        } else {
            issues.add(new Issue(severity(message.getLevel()), type(message.getType()), place, text));
        }
    }

    void add(NotChecked unchecked) {
        notChecked.add(unchecked);
    }

    void add(Issue issue) {
        issues.add(issue);
    }

    ValidationReport build() {
        Set<String> placed = notChecked.stream().map(NotChecked::canonical).collect(Collectors.toSet());
        unknownValueSets.stream().filter(set -> !placed.contains(set)).forEach(set -> notChecked.add(new NotChecked("", NotChecked.Kind.VALUE_SET, set)));
        List<Issue> sorted = new ArrayList<>(issues);
        sorted.sort(Comparator.comparing(Issue::severity));
        return new ValidationReport(List.copyOf(sorted.subList(0, Math.min(MOST_ISSUES, sorted.size()))), List.copyOf(notChecked));
    }

    private static String address(String text) {
        Matcher matcher = ADDRESS.matcher(text);
        return matcher.find() ? matcher.group(1) : text;
    }

    private static Severity severity(ValidationMessage.@Nullable IssueSeverity level) {
        if (level == null) {
            return Severity.INFORMATION;
        }
        return switch (level) {
            case FATAL -> Severity.FATAL;
            case ERROR -> Severity.ERROR;
            case WARNING -> Severity.WARNING;
            default -> Severity.INFORMATION;
        };
    }

    private static IssueType type(ValidationMessage.@Nullable IssueType type) {
        if (type == null) {
            return IssueType.PROCESSING;
        }
        return switch (type) {
            case STRUCTURE, INVALID -> IssueType.STRUCTURE;
            case REQUIRED -> IssueType.REQUIRED;
            case VALUE -> IssueType.VALUE;
            case INVARIANT -> IssueType.INVARIANT;
            case CODEINVALID -> IssueType.CODE_INVALID;
            case NOTSUPPORTED -> IssueType.NOT_SUPPORTED;
            case NOTFOUND, UNKNOWN -> IssueType.NOT_FOUND;
            case INFORMATIONAL -> IssueType.INFORMATIONAL;
            case EXCEPTION -> IssueType.EXCEPTION;
            default -> IssueType.PROCESSING;
        };
    }
}
