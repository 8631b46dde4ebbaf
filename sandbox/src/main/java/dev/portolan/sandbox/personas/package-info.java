/**
 * The sandbox's named members: invented people whose records between them show every resource type, profile and must-support element that the Patient Access API offers. They are written in a short notation in the
 * resources of this package, and are the same on every server, so that a developer's notes and tests about them stay right.
 */
@NullMarked
package dev.portolan.sandbox.personas;

import org.jspecify.annotations.NullMarked;
