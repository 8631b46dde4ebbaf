package dev.portolan.benchmarks.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One connection of a load, which sends its next request when the last is answered. */
final class Caller implements AutoCloseable {

    private static final int SHOWN = 600;

    private final HttpConnection connection;
    private final Load load;
    private Iterator<Request> sequence = Collections.emptyIterator();
    private @Nullable Request asked;
    private long sent;

    Caller(HttpConnection connection, Load load) {
        this.connection = connection;
        this.load = load;
    }

    boolean isCalling() {
        return asked != null;
    }

    /** Sends the next request if there is one: {@link #isCalling} tells. */
    void callNext(Selector selector) throws IOException {
        asked = null;
        if (load.isOver()) {
            return;
        }
        while (!sequence.hasNext()) {
            List<Request> more = load.next();
            if (more == null) {
                return;
            }
            sequence = more.iterator();
        }
        asked = sequence.next();
        sent = System.nanoTime();
        connection.send(asked.bytes(), selector, this);
    }

    void proceed(SelectionKey key, Selector selector, ByteBuffer input) throws IOException {
        Request request = asked;
        if (request != null && connection.proceed(key, input)) {
            check(request);
            load.answered(request, System.nanoTime() - sent);
            callNext(selector);
        }
    }

    private void check(Request request) throws IOException {
        int status = connection.status();
        if (status < 200 || status > 299 || connection.bodyLength() < request.shortest()) {
            throw new IOException("wrong answer: " + status + " with " + connection.bodyLength() + " bytes (expected "
                    + request.shortest() + " or more): " + connection.body().substring(0, Math.min(SHOWN, connection.body().length())));
        }
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
