/** The sandbox's members for developers, as a page. */
@NullMarked
package dev.portolan.sandbox.page;

import org.jspecify.annotations.NullMarked;
