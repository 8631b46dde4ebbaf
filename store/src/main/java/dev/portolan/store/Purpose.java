package dev.portolan.store;

/** Why data is asked for (HL7 v3 PurposeOfUse codes in the comment). */
public enum Purpose {
    /** PATRQT: the member, or an app of the member's. */
    MEMBER_REQUEST,
    /** TREAT: a provider who treats the member. */
    TREATMENT,
    /** COVERAGE, between payers. */
    PAYER_EXCHANGE,
    /** HPAYMT and HOPERAT: prior authorization and the plan's own work. */
    OPERATIONS,
    /** SYSADMIN: loading, repair, development. */
    ADMINISTRATION
}
