package dev.portolan.intake.x12;

import dev.portolan.intake.load.Earlier;
import dev.portolan.intake.mapping.MappedResource;
import dev.portolan.intake.mapping.References;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a claim's mapping can ask: the store, and the providers that the claim itself brings. */
record WithProviders(Earlier earlier, List<MappedResource> providers) implements References {

    @Override
    public Optional<String> stored(String type, String id, String path) {
        Optional<String> stored = earlier.stored(type, id, path);
        return stored.isPresent() || !path.equals("id") ? stored : providers.stream().filter(provider -> provider.type().equals(type) && provider.id().equals(id)).map(MappedResource::id).findFirst();
    }

    @Override
    public @Nullable Target translate(String map, String code) {
        return earlier.translate(map, code);
    }
}
