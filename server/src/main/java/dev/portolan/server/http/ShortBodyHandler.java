package dev.portolan.server.http;

import java.nio.ByteBuffer;

import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * Takes a short body in before anybody answers. Over a body that came after its refusal (most clients send it right behind the head) the container ends the connection, and a client that was told nothing of it
 * loses its next request there (RFC 9112, 9.6). Nobody waits meanwhile, and no more is held than the caller said that the body has: a retained piece of each byte that trickles in would hold a whole buffer.
 */
public final class ShortBodyHandler extends Handler.Wrapper {

    /** What staff, pages and apps send by the way; a longer body is read by whom it is for. */
    private static final int LONGEST = 8 << 10;

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        long length = request.getLength();
        if (length <= 0 || length > LONGEST) {
            return super.handle(request, response, callback);
        }
        new Arriving(request, response, callback, (int) length).run(false);
        return true;
    }

    private void handOver(Request request, Response response, Callback callback) {
        try {
            if (!super.handle(request, response, callback)) {
                Response.writeError(request, response, callback, HttpStatus.NOT_FOUND_404);
            }
        } catch (Throwable failure) { // as the server itself does for its handlers: whatever it is, the caller gets an answer
            Response.writeError(request, response, callback, failure);
        }
    }

    /** The request with as much of its body as came, and then what ended it: nothing, or the failure that the reader is to see (a caller who went, or who stopped sending). */
    private final class Arriving extends Request.Wrapper implements Invocable.Task {
        private final Response response;
        private final Callback callback;
        private final ByteBuffer body;
        private Content.@Nullable Chunk came;
        private Content.@Nullable Chunk failure;

        private Arriving(Request request, Response response, Callback callback, int length) {
            super(request);
            this.response = response;
            this.callback = callback;
            body = ByteBuffer.allocate(length);
        }

        /** More of it may be read: on a thread that must not wait, so what follows goes to another. */
        @Override
        public void run() {
            run(true);
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }

        private void run(boolean elsewhere) {
            if (!isThere()) {
                getWrapped().demand(this);
            } else if (elsewhere) {
                getContext().execute(() -> handOver(this, response, callback));
            } else {
                handOver(this, response, callback);
            }
        }

        private boolean isThere() {
            for (Content.Chunk chunk = getWrapped().read(); chunk != null; chunk = getWrapped().read()) {
                boolean failed = Content.Chunk.isFailure(chunk);
                if (failed) {
                    failure = chunk;
                } else {
                    body.put(chunk.getByteBuffer());
                    chunk.release();
                }
                if (failed || chunk.isLast()) {
                    came = failed && body.position() == 0 ? null : Content.Chunk.from(body.flip(), !failed);
                    return true;
                }
            }
            return false;
        }

        @Override
        public Content.@Nullable Chunk read() {
            Content.Chunk next = came;
            if (next != null) {
                came = null;
                return next;
            }
            next = failure;
            failure = null;
            return next == null ? getWrapped().read() : next;
        }
    }
}
