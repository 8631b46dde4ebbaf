package dev.portolan.identity.authorization;

import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.ProtectedApi;
import dev.portolan.identity.account.ProtectedPages;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.PathContainer;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.access.intercept.RequestAuthorizationContext;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.util.ServletRequestPathUtils;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/** What the rooms said about their paths. The most specific pattern decides, in whatever order they said it; what nobody spoke of is refused. */
final class PathAccess implements RequestMatcher, AuthorizationManager<RequestAuthorizationContext> {
    private final List<Rule> rules;

    private record Rule(PathPattern pattern, Access access) {
        static Stream<Rule> of(List<String> patterns, Access access) {
            return patterns.stream().map(p -> new Rule(PathPatternParser.defaultInstance.parse(p), access));
        }
    }

    private PathAccess(Stream<Rule> rules) {
        this.rules = rules.sorted(Comparator.comparing(Rule::pattern, PathPattern.SPECIFICITY_COMPARATOR)).toList();
        Set<String> seen = new HashSet<>();
        this.rules.forEach(rule -> {
            if (!seen.add(rule.pattern().getPatternString())) {
                throw new IllegalStateException("two rooms say who may open " + rule.pattern());
            }
        });
    }

    static PathAccess toPages(Stream<ProtectedPages> pages) {
        return new PathAccess(pages.flatMap(p -> Rule.of(p.patterns(), p.access())));
    }

    static PathAccess toApis(Stream<ProtectedApi> apis) {
        return new PathAccess(apis.flatMap(a -> Rule.of(a.patterns(), a.access())));
    }

    @Override
    public boolean matches(HttpServletRequest request) {
        return accessTo(request).isPresent();
    }

    @Override
    public AuthorizationDecision authorize(Supplier<? extends @Nullable Authentication> authentication, RequestAuthorizationContext context) {
        Authentication person = authentication.get();
        Account account = person != null && person.isAuthenticated() && person.getPrincipal() instanceof Account a ? a : null;
        return new AuthorizationDecision(accessTo(context.getRequest()).filter(access -> access.admits(account)).isPresent());
    }

    private Optional<Access> accessTo(HttpServletRequest request) {
        PathContainer path = ServletRequestPathUtils.parse(request).pathWithinApplication();
        return rules.stream().filter(rule -> rule.pattern().matches(path)).map(Rule::access).findFirst();
    }
}
