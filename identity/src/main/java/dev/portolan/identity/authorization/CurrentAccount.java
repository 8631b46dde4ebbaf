package dev.portolan.identity.authorization;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.SignIn;
import dev.portolan.identity.account.SignInDetails;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.util.Optional;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * A session remembers who signed in, not what became of them since. An account that was closed is nobody from the next request on, nor is whoever signed in with a password that was replaced, and roles
 * are those that it has now.
 */
final class CurrentAccount extends OncePerRequestFilter {
    private final Accounts accounts;

    CurrentAccount(Accounts accounts) {
        this.accounts = accounts;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws ServletException, IOException {
        HttpSession session = request.getSession(false);
        Authentication signedIn = session == null ? null : SecurityContextHolder.getContext().getAuthentication();
        if (signedIn != null && signedIn.getPrincipal() instanceof Account remembered) {
            Optional<Account> now = signedIn.getDetails() instanceof SignInDetails details ? accounts.find(remembered.id(), details.at()) : accounts.find(remembered.id());
            if (now.isEmpty()) {
                session.invalidate();
                SecurityContextHolder.clearContext();
            } else if (!now.get().equals(remembered)) {
                SecurityContext context = SecurityContextHolder.createEmptyContext();
                context.setAuthentication(SignIn.authentication(now.get(), signedIn.getDetails()));
                SecurityContextHolder.setContext(context);
            }
        }
        chain.doFilter(request, response);
    }
}
