package dev.portolan.tables;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A Unix domain socket as the database's driver wants to see it: Java has such sockets as channels only. It is read by one thread at a time. A thread that was interrupted before goes on
 * undisturbed, as with any socket, so that what ends can still leave its connection in order; one that is interrupted while it waits for the database closes the connection.
 */
final class LocalSocket extends Socket {

    /** A channel copies an array through memory outside the heap that it then keeps: not more of it than a socket does. */
    private static final int MOST_AT_ONCE = 64 << 10;

    private final Path file;
    private final SocketChannel channel;
    private volatile int timeout;
    /** Whether something was sent since it was last read. */
    private volatile boolean asked;

    /** @param file the database's socket */
    LocalSocket(Path file) throws IOException {
        super((SocketImpl) null);
        this.file = file;
        this.channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    }

    void connect() throws IOException {
        channel.connect(UnixDomainSocketAddress.of(file));
    }

    /** @param endpoint of no importance: the file is where the database is */
    @Override
    public void connect(@Nullable SocketAddress endpoint) throws IOException {
        connect();
    }

    /** @param timeoutMillis of no importance: the system connects at once or not at all, but for a database that is too busy to take anybody in */
    @Override
    public void connect(@Nullable SocketAddress endpoint, int timeoutMillis) throws IOException {
        connect();
    }

    @Override
    public InputStream getInputStream() {
        return new Input();
    }

    @Override
    public OutputStream getOutputStream() {
        return new Output();
    }

    @Override
    public void setSoTimeout(int milliseconds) {
        timeout = milliseconds;
    }

    @Override
    public int getSoTimeout() {
        return timeout;
    }

    @Override
    public boolean isConnected() {
        return channel.isConnected();
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** What a socket of the internet can be set to and this one has no use for: no packets are held back, and no end can vanish unseen. */
    @Override
    public void setTcpNoDelay(boolean on) {}

    @Override
    public boolean getTcpNoDelay() {
        return true;
    }

    @Override
    public void setKeepAlive(boolean on) {}

    @Override
    public boolean getKeepAlive() {
        return false;
    }

    @Override
    public @Nullable InetAddress getInetAddress() {
        return null;
    }

    @Override
    public void setReceiveBufferSize(int bytes) throws SocketException {
        set(StandardSocketOptions.SO_RCVBUF, bytes);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_RCVBUF);
    }

    @Override
    public void setSendBufferSize(int bytes) throws SocketException {
        set(StandardSocketOptions.SO_SNDBUF, bytes);
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        return get(StandardSocketOptions.SO_SNDBUF);
    }

    private void set(SocketOption<Integer> option, int value) throws SocketException {
        try {
            channel.setOption(option, value);
        } catch (IOException e) {
            throw (SocketException) new SocketException(e.getMessage()).initCause(e);
        }
    }

    private int get(SocketOption<Integer> option) throws SocketException {
        try {
            return channel.getOption(option);
        } catch (IOException e) {
            throw (SocketException) new SocketException(e.getMessage()).initCause(e);
        }
    }

    private static void restore(boolean interrupted) {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Input extends InputStream {

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            ByteBuffer target = ByteBuffer.wrap(bytes, from, Math.min(length, MOST_AT_ONCE));
            int patience = timeout;
            if (asked) {
                asked = false;
                // The answer cannot be there yet. Others have the processor meanwhile, and where there are any it often is there then: that spares this thread to be laid down and to be woken.
                Thread.yield();
            }
            boolean interrupted = Thread.interrupted();
            try {
                return patience == 0 || length == 0 ? channel.read(target) : readWithin(patience, target);
            } finally {
                restore(interrupted);
            }
        }

        /** A channel that blocks waits for ever. Only who listens for notices, and the trail's own connection, wait with a limit: what this costs is in no request's way. */
        private int readWithin(int patience, ByteBuffer target) throws IOException {
            channel.configureBlocking(false);
            try {
                int read = channel.read(target);
                if (read == 0) {
                    await(patience);
                    read = channel.read(target);
                }
                if (read == 0) {
                    throw new SocketTimeoutException("nothing came within " + patience + " ms");
                }
                return read;
            } finally {
                if (channel.isOpen()) {
                    channel.configureBlocking(true);
                }
            }
        }

        /** The selector is closed before the channel blocks again, which one that is registered cannot. */
        private void await(int patience) throws IOException {
            try (Selector selector = Selector.open()) {
                channel.register(selector, SelectionKey.OP_READ);
                selector.select(patience);
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private final class Output extends OutputStream {

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            int end = from + length;
            asked = true;
            boolean interrupted = Thread.interrupted();
            try {
                for (int at = from; at < end; ) {
                    at += channel.write(ByteBuffer.wrap(bytes, at, Math.min(end - at, MOST_AT_ONCE)));
                }
            } finally {
                restore(interrupted);
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
