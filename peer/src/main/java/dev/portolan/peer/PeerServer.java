package dev.portolan.peer;

import ca.uhn.fhir.batch2.jobs.export.BulkDataExportProvider;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.provider.IJpaSystemProvider;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.ValueSetOperationProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import java.util.TimeZone;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/**
 * Starts HAPI FHIR's JPA server (R4) at {@code http://127.0.0.1:PORT/fhir} on a given PostgreSQL database and
 * prints {@code peer ready URL} once it answers. It validates nothing, matches no subscriptions and keeps no full-text index.
 */
public final class PeerServer {

    private PeerServer() {}

    public static void main(String... commandLine) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        PeerArguments arguments = PeerArguments.parse(commandLine);
        endWith(arguments.parent());
        AnnotationConfigApplicationContext beans = new AnnotationConfigApplicationContext();
        beans.registerBean(PeerArguments.class, () -> arguments);
        beans.register(PeerConfiguration.class);
        beans.refresh();

        Server web = new Server();
        ServerConnector connector = new ServerConnector(web);
        connector.setHost("127.0.0.1");
        connector.setPort(arguments.port());
        web.addConnector(connector);
        ServletContextHandler servlets = new ServletContextHandler();
        servlets.addServlet(new ServletHolder(fhirServlet(beans)), "/fhir/*");
        web.setHandler(servlets);
        web.start();
        System.out.println("peer ready http://127.0.0.1:" + connector.getLocalPort() + "/fhir");
        web.join();
    }

    /** A test that is killed cannot stop what it started: this process sees to it itself. */
    private static void endWith(long parent) {
        if (parent > 0) {
            ProcessHandle.of(parent).ifPresentOrElse(
                    process -> process.onExit().thenRun(() -> Runtime.getRuntime().halt(0)), () -> Runtime.getRuntime().halt(0));
        }
    }

    private static RestfulServer fhirServlet(AnnotationConfigApplicationContext beans) {
        IFhirSystemDao<?, ?> systemDao = beans.getBean(IFhirSystemDao.class);
        FhirContext fhir = systemDao.getContext();
        RestfulServer server = new RestfulServer(fhir);
        server.registerProviders(beans.getBean(ResourceProviderFactory.class).createProviders());
        server.registerProvider(beans.getBean(IJpaSystemProvider.class));
        server.registerProvider(beans.getBean(ValueSetOperationProvider.class));
        server.registerProvider(beans.getBean(BulkDataExportProvider.class));
        server.setPagingProvider(beans.getBean(DatabaseBackedPagingProvider.class));
        server.setDefaultResponseEncoding(EncodingEnum.JSON);
        server.setDefaultPrettyPrint(false);
        server.setServerConformanceProvider(new JpaCapabilityStatementProvider(
                server,
                systemDao,
                beans.getBean(JpaStorageSettings.class),
                beans.getBean(ISearchParamRegistry.class),
                beans.getBean(IValidationSupport.class)));
        return server;
    }
}
