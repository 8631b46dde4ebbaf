package dev.portolan.server.http;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;

import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.EagerContentHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * Takes in the beginning of a body, which is all of a short one, before anybody answers: a refusal that came before its caller's body would end the connection under the caller's next request. No thread waits
 * for it. Jetty's own way to do so forgets that an answer failed: a caller would wait for the rest of one that broke off until the end of days.
 */
public final class ShortBodies implements EagerContentHandler.ContentLoaderFactory {

    private final int longest;

    /** @param longest bytes that are taken in; what comes after them is read by whoever answers */
    public ShortBodies(int longest) {
        this.longest = longest;
    }

    /** Of every kind. */
    @Override
    public @Nullable String getApplicableMimeType() {
        return null;
    }

    @Override
    public EagerContentHandler.ContentLoader newContentLoader(String contentType, String mimeType, Handler handler, Request request, Response response, Callback callback) {
        return new Taking(longest, handler, request, response, callback);
    }

    private static final class Taking extends EagerContentHandler.ContentLoader {

        private final Deque<Content.Chunk> taken = new ArrayDeque<>();
        private final int longest;
        private long length;

        Taking(int longest, Handler handler, Request request, Response response, Callback callback) {
            super(handler, request, response, callback);
            this.longest = longest;
        }

        @Override
        protected void load() {
            take(Runnable::run);
        }

        /** @param then where whoever answers works: the connection's own thread does not wait for them */
        private void take(Executor then) {
            for (Content.Chunk chunk = getRequest().read(); chunk != null; chunk = getRequest().read()) {
                taken.add(chunk);
                length += chunk.remaining();
                if (chunk.isLast() || Content.Chunk.isFailure(chunk) || length >= longest) {
                    then.execute(this::answer);
                    return;
                }
            }
            getRequest().demand(Invocable.from(Invocable.InvocationType.NON_BLOCKING, () -> take(getRequest().getContext()::execute)));
        }

        private void answer() {
            Callback end = getCallback();
            handle(new Begun(getRequest(), taken), getResponse(), Callback.from(end.getInvocationType(), () -> {
                release();
                end.succeeded();
            }, failure -> {
                release();
                end.failed(failure);
            }));
        }

        /** What nobody read. */
        private void release() {
            for (Content.Chunk chunk = taken.poll(); chunk != null; chunk = taken.poll()) {
                chunk.release();
            }
        }
    }

    /** A request whose body begins with what was taken in. */
    private static final class Begun extends Request.Wrapper {

        private final Deque<Content.Chunk> taken;

        Begun(Request request, Deque<Content.Chunk> taken) {
            super(request);
            this.taken = taken;
        }

        @Override
        public Content.@Nullable Chunk read() {
            Content.Chunk chunk = taken.poll();
            return chunk == null ? super.read() : chunk;
        }
    }
}
