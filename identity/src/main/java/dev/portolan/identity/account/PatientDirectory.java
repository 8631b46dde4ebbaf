package dev.portolan.identity.account;

import java.util.List;
import java.util.Optional;

/** Finds the members whom staff may choose when an app needs one. The room that knows the members provides it. */
public interface PatientDirectory {

    /** A member as a person at the plan would recognise them. */
    record Found(String patient, String displayName) {}

    Optional<Found> find(String patient);

    /** As many members are offered at once; there may be more of the name. */
    int MOST = 20;

    /** A few members whose name or id starts like {@code text}, {@link #MOST} at most. */
    List<Found> search(String text);
}
