package dev.portolan.sandbox.page;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.identity.account.Account;
import dev.portolan.sandbox.SandboxAccess;
import dev.portolan.sandbox.SandboxException;
import dev.portolan.sandbox.personas.Persona;
import dev.portolan.sandbox.personas.PersonaResource;
import dev.portolan.sandbox.personas.Personas;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.server.ResponseStatusException;

/** Who the named members are, what each one's record has, and how to sign in as them. The people are invented; their passwords are for those who have a developer's account. */
@Controller
class SandboxMembersPage {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Optional<SandboxAccess> access;
    private final List<Contents> contents = contents();

    SandboxMembersPage(Optional<SandboxAccess> access) {
        this.access = access;
    }

    /**
     * What a persona's record has.
     *
     * @param types resource type to number
     * @param profiles names of the profiles that the resources claim
     */
    record Contents(Persona persona, Map<String, Integer> types, List<String> profiles) {}

    /** @param password null if it is not for whoever looks, or the account was made with another data directory */
    record Shown(Contents contents, @Nullable String password) {}

    @GetMapping("/developers/sandbox")
    String page(@Nullable Account account, Model model) {
        SandboxAccess sandbox = access.orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
        boolean trusted = account != null && account.kind() != Account.Kind.MEMBER;
        List<Shown> shown = contents.stream().filter(each -> sandbox.exists(each.persona().user()))
            .map(each -> new Shown(each, trusted ? sandbox.find(each.persona().user()).map(SandboxAccess.SignIn::password).orElse(null) : null)).toList();
        model.addAttribute("members", shown);
        model.addAttribute("trusted", trusted);
        model.addAttribute("redirects", SandboxAccess.REDIRECT_URIS);
        return "sandbox/members";
    }

    private static List<Contents> contents() {
        Map<String, Map<String, Integer>> types = new TreeMap<>();
        Map<String, Set<String>> profiles = new TreeMap<>();
        for (PersonaResource resource : Personas.resources()) {
            Personas.all().stream().map(Persona::id).filter(id -> resource.reference().equals("Patient/" + id) || resource.json().contains("\"Patient/" + id + "\"")).findFirst().ifPresent(id -> {
                types.computeIfAbsent(id, any -> new TreeMap<>()).merge(resource.type(), 1, Integer::sum);
                profiles.computeIfAbsent(id, any -> new TreeSet<>()).addAll(claimed(resource));
            });
        }
        return Personas.all().stream().map(persona -> new Contents(persona, types.getOrDefault(persona.id(), Map.of()), List.copyOf(profiles.getOrDefault(persona.id(), Set.of())))).toList();
    }

    private static List<String> claimed(PersonaResource resource) {
        try {
            List<String> names = new ArrayList<>();
            JSON.readTree(resource.json()).path("meta").path("profile").forEach(profile -> names.add(profile.asText().replaceFirst(".*/", "").replace("|", " ")));
            return names;
        } catch (JsonProcessingException e) {
            throw new SandboxException("The persona's resource " + resource.reference() + " is no JSON: " + e.getMessage(), e);
        }
    }
}
