package dev.portolan.intake.x12;

import dev.portolan.intake.source.Inspection;
import dev.portolan.intake.x12.Acknowledgement.Interchange;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/** A file's envelopes, and which of its transactions are refused. */
final class X12Inspection implements Inspection {

    private final EnvelopeCheck.Result result;

    X12Inspection(EnvelopeCheck.Result result) {
        this.result = result;
    }

    /** One of which nothing was accepted may come again under its number. */
    @Override
    public List<Envelope> envelopes() {
        return result.acknowledgement().interchanges().stream().map(interchange -> new Envelope(interchange.sender() + '|' + interchange.receiver() + '|' + interchange.number(),
            interchange.status() != Acknowledgement.Status.REJECTED && interchange.groups().stream().anyMatch(group -> group.accepted() > 0))).toList();
    }

    @Override
    public Inspection refusing(Set<Integer> repeated) {
        if (repeated.isEmpty()) {
            return this;
        }
        List<Interchange> interchanges = new ArrayList<>(result.acknowledgement().interchanges());
        BitSet rejected = (BitSet) result.rejected().clone();
        for (int place : repeated) {
            interchanges.set(place, interchanges.get(place).repeated());
            int end = place + 1 < result.firstTransactions().size() ? result.firstTransactions().get(place + 1) : result.transactions();
            rejected.set(result.firstTransactions().get(place), end);
        }
        Acknowledgement acknowledgement = new Acknowledgement(interchanges, result.acknowledgement().segments(), result.acknowledgement().broken());
        return new X12Inspection(new EnvelopeCheck.Result(acknowledgement, rejected, result.firstTransactions(), result.transactions(), result.change()));
    }

    /** Why a transaction is refused, for whoever looks at its records; empty if it is not. */
    String refusal(int transaction, int interchange) {
        if (!result.rejected().get(transaction)) {
            return "";
        }
        Interchange of = result.acknowledgement().interchanges().get(interchange);
        return of.status() == Acknowledgement.Status.REJECTED ? "its interchange is refused: " + of.meaning() : "its transaction is refused; the file's acknowledgement says why";
    }

    @Override
    public boolean change() {
        return result.change();
    }

    @Override
    public Object report() {
        return result.acknowledgement();
    }

    @Override
    public String answer() {
        return AcknowledgementText.of(result.acknowledgement());
    }
}
