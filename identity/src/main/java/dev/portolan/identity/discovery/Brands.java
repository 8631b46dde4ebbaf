package dev.portolan.identity.discovery;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.key.Secrets;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

/** The User Access Brands bundle (SMART App Launch 2.2, User-access Brands and Endpoints): who the plan is and which of its endpoints members use. */
@RestController
class Brands {
    private static final String SMART = "http://hl7.org/fhir/smart-app-launch/StructureDefinition/";
    private static final String CORE = "http://hl7.org/fhir/StructureDefinition/";

    private final byte[] bundle;
    private final String etag;

    Brands(IdentityProperties properties, Clock clock) {
        List<Map<String, Object>> endpoints = List.of(endpoint(properties, properties.memberBase()));
        Map<String, Object> organization = organization(properties, endpoints);
        List<Map<String, Object>> entries = new ArrayList<>();
        entries.add(entry(properties, "Organization/plan", organization));
        endpoints.forEach(e -> entries.add(entry(properties, "Endpoint/" + e.get("id"), e)));
        JsonMapper json = JsonMapper.builder().build();
        // The tag is of the content alone, so that all nodes of an installation say the same.
        this.etag = "W/\"" + Secrets.hashText(json.writeValueAsString(entries)).substring(0, 16) + "\"";
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("resourceType", "Bundle");
        document.put("id", "brands");
        String written = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        document.put("meta", Map.of("lastUpdated", written, "profile", List.of(SMART + "user-access-brands-bundle")));
        document.put("type", "collection");
        document.put("timestamp", written);
        document.put("entry", entries);
        this.bundle = json.writeValueAsString(document).getBytes(StandardCharsets.UTF_8);
    }

    @GetMapping("/brands")
    ResponseEntity<byte[]> read(@RequestHeader(name = "If-None-Match", required = false) @Nullable String known) {
        boolean same = known != null && known.contains(etag.substring(2));
        ResponseEntity.BodyBuilder answer = ResponseEntity.status(same ? 304 : 200).header("ETag", etag).header("Cache-Control", "public, max-age=3600");
        return same ? answer.build() : answer.contentType(MediaType.parseMediaType("application/fhir+json")).body(bundle);
    }

    private static Map<String, Object> entry(IdentityProperties properties, String path, Map<String, Object> resource) {
        return Map.of("fullUrl", properties.url("/" + path), "resource", resource);
    }

    private static Map<String, Object> organization(IdentityProperties properties, List<Map<String, Object>> endpoints) {
        IdentityProperties.Brand brand = properties.brand();
        List<Map<String, Object>> references = endpoints.stream().map(e -> Map.<String, Object>of("reference", "Endpoint/" + e.get("id"))).toList();
        List<Map<String, Object>> portal = new ArrayList<>();
        portal.add(Map.of("url", "portalName", "valueString", brand.portalName()));
        portal.add(Map.of("url", "portalUrl", "valueUrl", brand.portalUrl().isEmpty() ? properties.url("/my-apps") : brand.portalUrl()));
        references.forEach(r -> portal.add(Map.of("url", "portalEndpoint", "valueReference", r)));
        List<Map<String, Object>> extensions = new ArrayList<>();
        if (!brand.logo().isEmpty()) {
            extensions.add(Map.of("url", CORE + "organization-brand", "extension", List.of(Map.of("url", "brandLogo", "valueUrl", brand.logo()))));
        }
        extensions.add(Map.of("url", CORE + "organization-portal", "extension", portal));
        Map<String, Object> organization = new LinkedHashMap<>();
        organization.put("resourceType", "Organization");
        organization.put("id", "plan");
        organization.put("meta", Map.of("profile", List.of(SMART + "user-access-brand")));
        organization.put("extension", extensions);
        organization.put("identifier", List.of(Map.of("system", brand.identifierSystem(), "value", brand.identifierValue())));
        organization.put("active", true);
        organization.put("type", List.of(Map.of("coding", List.of(Map.of("system", "http://terminology.hl7.org/CodeSystem/organization-type",
                "code", "ins", "display", "Insurance Company")))));
        organization.put("name", brand.name());
        organization.put("telecom", List.of(Map.of("system", "url", "value", brand.website())));
        organization.put("endpoint", references);
        return organization;
    }

    private static Map<String, Object> endpoint(IdentityProperties properties, String base) {
        Map<String, Object> endpoint = new LinkedHashMap<>();
        endpoint.put("resourceType", "Endpoint");
        endpoint.put("id", base.substring(1).replaceAll("[^A-Za-z0-9-]", "-"));
        endpoint.put("meta", Map.of("profile", List.of(SMART + "user-access-endpoint")));
        endpoint.put("extension", List.of(Map.of("url", CORE + "endpoint-fhir-version", "valueCode", "4.0.1")));
        endpoint.put("status", "active");
        endpoint.put("connectionType", Map.of("system", "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", "code", "hl7-fhir-rest"));
        endpoint.put("name", properties.brand().name() + " FHIR API " + base);
        endpoint.put("managingOrganization", Map.of("reference", "Organization/plan"));
        // Where developers register, then whom they write to.
        endpoint.put("contact", List.of(Map.of("system", "url", "value", properties.url("/developers")), Map.of("system", "email", "value", properties.brand().contact())));
        endpoint.put("payloadType", List.of(Map.of("coding", List.of(Map.of("system", "http://terminology.hl7.org/CodeSystem/endpoint-payload-type",
                "code", "none")))));
        endpoint.put("address", properties.url(base));
        return endpoint;
    }
}
