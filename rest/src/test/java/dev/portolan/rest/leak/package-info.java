/**
 * The leak test: thousands of generated calls under random scopes, over members whose records point into each other, against an oracle that knows nothing of the grant's code.
 */
@NullMarked
package dev.portolan.rest.leak;

import org.jspecify.annotations.NullMarked;
