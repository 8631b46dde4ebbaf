package dev.portolan.benchmarks.differential;

import dev.portolan.benchmarks.data.SyntheticData;
import dev.portolan.benchmarks.http.FhirClient;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares two servers that run already: for looking into one difference without waiting for a start. */
@Command(name = "compare", description = "Ask two running servers the same searches.", mixinStandardHelpOptions = true)
public final class CompareCommand implements Callable<Integer> {

    @Option(names = "--ours", required = true, description = "FHIR base URL")
    private URI ours;

    @Option(names = "--peer", required = true, description = "FHIR base URL")
    private URI peer;

    @Option(names = "--token", description = "bearer token for ours", defaultValue = "")
    private String token;

    @Option(names = "--members", defaultValue = "6")
    private int members;

    @Option(names = "--cache", defaultValue = "${sys:user.home}/.cache/portolan", description = "where synthetic members are kept")
    private Path cache;

    @Option(names = "--load", description = "load the sample first: ours, peer or both", defaultValue = "none")
    private String load;

    @Option(names = "--most", description = "resources of a type for each member", defaultValue = "5")
    private int most;

    @Option(names = "--questions", defaultValue = "2200")
    private int questions;

    @Option(names = "--scripts", description = "play the interaction scripts too (they write)")
    private boolean scripts;

    @Option(names = "--seed", defaultValue = "42")
    private long seed;

    @Option(names = "--kind", description = "only kinds that begin so", defaultValue = "")
    private String kind;

    @Override
    public Integer call() throws Exception {
        SampleData data = SampleData.of(SyntheticData.of(members, cache), most);
        System.out.println(data.size() + " resources " + data.counts());
        FhirClient us = new FhirClient(ours, token.isEmpty() ? "" : "Bearer " + token);
        FhirClient them = new FhirClient(peer, "");
        long began = System.nanoTime();
        if (load.equals("ours") || load.equals("both")) {
            DifferentialRun.load(us, data.targetsFirst());
        }
        if (load.equals("peer") || load.equals("both")) {
            DifferentialRun.load(them, data.targetsFirst());
        }
        System.out.printf("loaded in %.1f s%n", (System.nanoTime() - began) / 1e9);
        Map<String, List<ParameterDefinition>> definitions = ParameterDefinition.baseDefinitions();
        AcceptedDifferences accepted = new AcceptedDifferences(data, new PlainSearch(data, definitions));
        List<SearchQuestion> asked = new ArrayList<>(new QuestionGenerator(data, definitions, seed).generate(questions));
        asked.removeIf(question -> !question.kind().startsWith(kind));
        began = System.nanoTime();
        DifferentialReport report = new DifferentialRun(us, them, accepted).searches(asked);
        report.print(System.out);
        System.out.printf("asked in %.1f s%n", (System.nanoTime() - began) / 1e9);
        if (scripts) {
            InteractionComparison.of(us, them).print(System.out);
        }
        return report.unexplained().isEmpty() ? 0 : 1;
    }

    public static void main(String... arguments) {
        System.exit(new CommandLine(new CompareCommand()).execute(arguments));
    }
}
