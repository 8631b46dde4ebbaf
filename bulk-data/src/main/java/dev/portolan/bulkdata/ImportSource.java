package dev.portolan.bulkdata;

import dev.portolan.bulkdata.BulkClient.BulkClientException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.stream.Stream;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.util.Timeout;

/**
 * Gets the files of an import. A name is resolved once, its addresses are looked at, and the connection is made to one of those that passed: a name that means another address a moment later leads nowhere.
 * Redirects are not followed, and no proxy is asked, which would resolve names by itself.
 */
final class ImportSource implements FileDownload.Source, AutoCloseable {

    private static final Timeout CONNECT = Timeout.ofSeconds(10);
    private static final Timeout SILENCE = Timeout.ofSeconds(60);

    private final ImportSettings settings;
    private final CloseableHttpClient http;

    ImportSource(ImportSettings settings) {
        this.settings = settings;
        // No compression: what is counted is what is written, and the rest of a file can be asked for.
        this.http = HttpClients.custom().disableRedirectHandling().disableContentCompression().disableCookieManagement().disableAutomaticRetries().disableAuthCaching()
            .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create().setDnsResolver(new Reachable())
                .setDefaultConnectionConfig(ConnectionConfig.custom().setConnectTimeout(CONNECT).setSocketTimeout(SILENCE).build()).build())
            .build();
    }

    /** An address that files are not fetched from. */
    static final class AddressException extends UnknownHostException {
        private static final long serialVersionUID = 1L;

        AddressException() {
            super("its server's address is not on the Internet, nor in a network that the operator names with portolan.bulk-data.import-networks");
        }
    }

    private final class Reachable implements DnsResolver {

        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            InetAddress[] allowed = Stream.of(InetAddress.getAllByName(host)).filter(address -> settings.allows(host, address)).toArray(InetAddress[]::new);
            if (allowed.length == 0) {
                throw new AddressException();
            }
            return allowed;
        }

        @Override
        public String resolveCanonicalHostname(String host) {
            return host;
        }
    }

    @Override
    public FileDownload.Given open(URI url, long from) throws IOException {
        if (!settings.allows(url)) {
            throw new BulkClientException("Its server is not one that files are fetched from.");
        }
        HttpGet get = new HttpGet(url);
        get.setHeader("Accept", "application/fhir+ndjson");
        if (from > 0) {
            get.setHeader("Range", "bytes=" + from + "-");
        }
        ClassicHttpResponse answer;
        try {
            answer = http.executeOpen(null, get, null);
        } catch (AddressException e) {
            throw new BulkClientException(e.getMessage());
        }
        InputStream body = answer.getEntity() == null ? InputStream.nullInputStream() : answer.getEntity().getContent();
        return new FileDownload.Given(answer.getCode(), new FilterInputStream(body) {
            @Override
            public void close() {
                get.abort(); // what is left of an answer that is not wanted is not waited for
            }
        });
    }

    @Override
    public void close() throws IOException {
        http.close();
    }
}
