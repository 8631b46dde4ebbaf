/**
 * Whose patients members are (42 CFR 422.121(a)(3)): lists of members for providers' organizations from the plan's roster, with every version kept, and the panels that follow from them.
 *
 * <p>A member is in a provider's panel at an instant if, at that instant, the plan says that the member is that provider's patient, the provider is in the network, and the member has not opted out. The
 * panels are kept by whatever changes one of the three, in the same transaction; what changes by time alone is settled before a right is made of a panel.
 */
@NullMarked
package dev.portolan.members.attribution;

import org.jspecify.annotations.NullMarked;
