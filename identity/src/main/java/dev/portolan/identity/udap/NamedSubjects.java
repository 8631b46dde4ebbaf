package dev.portolan.identity.udap;

import java.util.Optional;

/** Whether an app may ask for whom it says it asks for ({@code hl7-b2b}, UDAP Security 2.0, section 5.2.1.1). Rooms that know whom an app acts for bring one; without any, what is well formed is taken. */
public interface NamedSubjects {

    /** Why not, for the app; empty if it may, or if it is not for this room to say. Asked at each token request. */
    Optional<String> refusal(String clientId, UdapClients.Context context);
}
