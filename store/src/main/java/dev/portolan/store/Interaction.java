package dev.portolan.store;

/** What a grant may allow on a type; the letters of SMART's v2 scopes: create, read (with vread and history), update (with patch), delete, search. */
public enum Interaction {
    CREATE,
    READ,
    UPDATE,
    DELETE,
    SEARCH
}
