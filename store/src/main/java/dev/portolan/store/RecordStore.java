package dev.portolan.store;

/** The members' records. It holds no data-giving method of its own: open a view. */
public interface RecordStore {

    RecordView open(Grant grant);
}
