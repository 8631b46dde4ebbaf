/**
 * Trust by certificates (HL7 UDAP Security 2.0): communities whose authorities vouch for apps, so that these register and prove who they are without anybody's having met. Off unless a community is
 * configured. What such an app then sees is decided like any other's.
 */
@org.jspecify.annotations.NullMarked
package dev.portolan.identity.udap;
