/** What the server says of itself to apps: SMART configuration, OpenID discovery, User Access Brands. */
@org.jspecify.annotations.NullMarked
package dev.portolan.identity.discovery;
