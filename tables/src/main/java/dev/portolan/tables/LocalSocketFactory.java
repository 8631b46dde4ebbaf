package dev.portolan.tables;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes the database's driver reach a PostgreSQL on this machine through its Unix domain socket, which costs the system less for each call than TCP does. The driver finds it by what
 * the URL says: {@code socketFactory} names this class, {@code socketFactoryArg} the socket's file.
 */
public final class LocalSocketFactory extends SocketFactory {

    /** A longer name does not fit the system's {@code sockaddr_un}: 108 bytes with the zero at its end on Linux, fewer elsewhere. */
    private static final int LONGEST_NAME = 103;

    private final Path file;

    /** Called by the driver. */
    public LocalSocketFactory(String file) {
        this.file = Path.of(file);
    }

    /**
     * Through its socket where there is one, else by its port: a folder's name can be too long for a socket.
     *
     * @param folder where a database on this machine has its socket ({@code unix_socket_directories})
     */
    public static String nearestUrl(Path folder, int port, String database) {
        return Files.exists(file(folder, port)) ? url(folder, port, database) : "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    static String url(Path folder, int port, String database) {
        return "jdbc:postgresql://localhost:" + port + "/" + database + "?socketFactory=" + LocalSocketFactory.class.getName() + "&socketFactoryArg="
                + URLEncoder.encode(file(folder, port).toString(), StandardCharsets.UTF_8);
    }

    /** Whether a socket in the folder has a name that the system takes, whatever its port; a database does not start with a longer one. */
    public static boolean fits(Path folder) {
        return file(folder, 65535).toString().getBytes(StandardCharsets.UTF_8).length <= LONGEST_NAME;
    }

    static Path file(Path folder, int port) {
        return folder.toAbsolutePath().resolve(".s.PGSQL." + port);
    }

    @Override
    public Socket createSocket() throws IOException {
        return new LocalSocket(file);
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connected();
    }

    @Override
    public Socket createSocket(String host, int port, @Nullable InetAddress localHost, int localPort) throws IOException {
        return connected();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, @Nullable InetAddress localAddress, int localPort) throws IOException {
        return connected();
    }

    private Socket connected() throws IOException {
        LocalSocket socket = new LocalSocket(file);
        socket.connect();
        return socket;
    }
}
