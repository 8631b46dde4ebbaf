/** Access tokens as the APIs see them: a bearer string becomes who is calling, quickly, and never after it was revoked. */
@org.jspecify.annotations.NullMarked
package dev.portolan.identity.token;
