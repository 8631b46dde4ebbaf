import au.csiro.fhir.auth.AuthConfig;
import au.csiro.fhir.export.BulkExportClient;
import au.csiro.fhir.export.BulkExportResult;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs in a process of its own, with the public client's jars alone. Arguments: base, group, client id, then a file with a private key and a folder for what it exports with it, as often as wanted. */
public class PublicClient {

    public static void main(String... arguments) throws Exception {
        for (int i = 3; i < arguments.length; i += 2) {
            AuthConfig auth = AuthConfig.builder().enabled(true).useSMART(true).clientId(arguments[2]).privateKeyJWK(Files.readString(Path.of(arguments[i]))).scope("system/*.read").build();
            BulkExportResult result = BulkExportClient.groupBuilder(arguments[1]).withFhirEndpointUrl(arguments[0]).withOutputDir(arguments[i + 1]).withAuthConfig(auth).build().export();
            System.out.println("exported " + result.getResults().size() + " files as of " + result.getTransactionTime());
        }
    }
}
