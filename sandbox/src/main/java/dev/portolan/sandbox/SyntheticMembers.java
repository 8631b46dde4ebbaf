package dev.portolan.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** Makes a population once and keeps it, compressed, for every server of this user. */
public final class SyntheticMembers {

    /** Goes up when the bundles that the same population gives change. */
    static final int EDITION = 2;

    private final Path cache;

    /** @param cache a folder that may be emptied at any time */
    public SyntheticMembers(Path cache) {
        this.cache = cache;
    }

    /** Transaction bundles (JSON, gzip), in the order in which to load them. */
    public List<Path> bundles(Population population, Progress progress) {
        try {
            return Folders.files(ready(population, progress), ".json.gz");
        } catch (IOException e) {
            throw new SandboxException("Synthetic members cannot be read: " + e.getMessage(), e);
        }
    }

    /** The same bundles without Synthea's own Claims and ExplanationOfBenefits, which {@link #claims} has as a feed. */
    public List<Path> clinicalBundles(Population population, Progress progress) {
        return bundles(population, progress).stream().filter(file -> !file.getFileName().toString().endsWith(TransactionBundles.CLAIMS)).toList();
    }

    /** The folder of the same people's CPCDS files (members, coverages, claims, providers), as a plan would deliver them. */
    public Path cpcds(Population population, Progress progress) {
        return ready(population, progress).resolve(CpcdsDelivery.WHOLE);
    }

    /** The folder of their CPCDS files without the members, for a server that has them from {@link #clinicalBundles}. */
    public Path claims(Population population, Progress progress) {
        return ready(population, progress).resolve(CpcdsDelivery.WITHOUT_MEMBERS);
    }

    private Path ready(Population population, Progress progress) {
        Path ready = cache.resolve("members-" + EDITION).resolve(population.name());
        try {
            if (!Files.isDirectory(ready)) {
                make(population, ready, progress);
            }
            return ready;
        } catch (IOException e) {
            throw new SandboxException("Synthetic members cannot be kept in " + ready + ": " + e.getMessage(), e);
        }
    }

    /** Under a temporary name until complete, so that a killed run is made again. */
    private void make(Population population, Path ready, Progress progress) throws IOException {
        SyntheaProgram synthea = SyntheaProgram.in(cache, progress);
        Files.createDirectories(ready.getParent());
        Path work = Files.createTempDirectory(ready.getParent(), "making-");
        try {
            Path output = Files.createDirectory(work.resolve("synthea"));
            synthea.generate(population, output, progress);
            Path fresh = Files.createDirectory(work.resolve("bundles"));
            TransactionBundles writer = new TransactionBundles(fresh);
            List<Path> made = inLoadingOrder(Folders.files(output.resolve("fhir"), ".json"));
            for (int i = 0; i < made.size(); i++) {
                progress.report("Preparing synthetic members", i, made.size());
                writer.add(made.get(i));
            }
            progress.report("Preparing synthetic members", made.size(), made.size());
            CpcdsDelivery.write(output.resolve("cpcds"), fresh);
            try {
                Files.move(fresh, ready, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                if (!Files.isDirectory(ready)) {
                    throw e;
                }
            }
        } finally {
            Folders.delete(work);
        }
    }

    /** What members' resources refer to comes first. */
    private static List<Path> inLoadingOrder(List<Path> files) {
        List<Path> ordered = new ArrayList<>();
        for (String first : List.of("hospitalInformation", "practitionerInformation")) {
            files.stream().filter(file -> file.getFileName().toString().startsWith(first)).forEach(ordered::add);
        }
        files.stream().filter(file -> !ordered.contains(file)).forEach(ordered::add);
        return ordered;
    }
}
