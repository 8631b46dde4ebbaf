package dev.portolan.fhir.search;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code _include} or {@code _revinclude}.
 *
 * @param reverse true for {@code _revinclude}
 * @param sourceType the type whose references are followed; {@code *} for every type
 * @param by the reference parameters followed; with {@code *} every reference parameter of the source type
 * @param targetType only references to this type, or null for any
 * @param iterate also from what was included before
 */
public record Inclusion(boolean reverse, String sourceType, List<SearchParameter> by, @Nullable String targetType, boolean iterate) {}
