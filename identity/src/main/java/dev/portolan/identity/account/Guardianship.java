package dev.portolan.identity.account;

/** Whether somebody who was entered as a member's representative still acts for the member: a parent does no more once the child is of age. How old members are this room does not know. */
@FunctionalInterface
public interface Guardianship {

    /** @param relation what the representation says, {@code parent} */
    boolean actsFor(String relation, String patient);
}
