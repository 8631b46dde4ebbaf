package dev.portolan.sandbox.personas;

/**
 * A named member of the sandbox.
 *
 * @param id of the Patient; it never changes
 * @param given first name
 * @param user name of the account that signs in as this member
 * @param covers what this member's record is good for, one sentence for developers
 */
public record Persona(String id, String given, String family, String user, String covers) {

    /** As people know the member. */
    public String name() {
        return given + " " + family;
    }
}
