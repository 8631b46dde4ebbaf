package dev.portolan.identity;

import dev.portolan.identity.event.Notices;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps messages to developers, for tests to read. */
final class RecordedNotices implements Notices {
    record Message(String address, String subject, String text) {}

    private final List<Message> messages = new CopyOnWriteArrayList<>();

    private volatile boolean away;

    /** As a mail server that does not answer, or does again. */
    void away(boolean now) {
        away = now;
    }

    @Override
    public void send(String address, String subject, String text) {
        if (away && address.startsWith("dev@")) {
            throw new IllegalStateException("no mail");
        }
        messages.add(new Message(address, subject, text));
    }

    List<Message> to(String address) {
        return messages.stream().filter(m -> m.address().equals(address)).toList();
    }
}
