package dev.portolan.provideraccess;

import dev.portolan.bulkdata.Exports;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.attribution.MemberDirectory;
import dev.portolan.members.consent.ConsentEngine;
import dev.portolan.rest.FhirOperation;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The operations of this base.
 *
 * @param providersChangeLists whether {@code $member-add}, {@code $member-remove} and {@code $confirm-attribution-list} are let do anything: whoever adds a member reads that member's record
 * @param providerMemberMatch whether {@code $provider-member-match} is offered
 * @param attestationLasts how long a treatment attestation holds at most
 */
public record ProviderAccessOperations(boolean providersChangeLists, boolean providerMemberMatch, Duration attestationLasts) {

    public List<FhirOperation> of(Exports exports, ProviderExports policy, Attributions attributions, MemberDirectory members, ConsentEngine consents, Clock clock) {
        List<FhirOperation> operations = new ArrayList<>(exports.operations(ProviderAccess.NAME, policy));
        operations.add(new DataExport(exports));
        operations.addAll(ListOperation.all(attributions, members, providersChangeLists, clock));
        if (providerMemberMatch) {
            operations.add(new ProviderMemberMatch(attributions, members, consents, attestationLasts, clock));
        }
        return operations;
    }
}
