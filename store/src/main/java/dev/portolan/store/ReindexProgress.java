package dev.portolan.store;

/**
 * How far the search values are in line with the definitions. Until it is through, a search by a parameter that is new or has changed may miss resources that were written before; all other
 * searches are right.
 *
 * @param done resources looked at
 * @param total resources to look at; 0 if there was nothing to do
 * @param perSecond on this node; 0 where another node does the work
 */
public record ReindexProgress(boolean running, long done, long total, double perSecond) {

    static final ReindexProgress NOTHING_TO_DO = new ReindexProgress(false, 0, 0, 0);
}
