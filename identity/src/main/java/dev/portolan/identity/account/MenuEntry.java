package dev.portolan.identity.account;

/**
 * An entry of the navigation at the head of every page, given as a bean; {@code @Order} on the bean's method says where it stands.
 *
 * @param label  one to three words
 * @param href   a path of this server
 * @param access who sees the entry
 */
public record MenuEntry(String label, String href, Access access) {}
