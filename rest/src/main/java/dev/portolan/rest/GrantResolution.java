package dev.portolan.rest;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.StackTrace;

/** For Java's flight recorder: how long it took to make a grant of a request's token. Not even loaded while there is no recording. */
@Category("Portolan")
@Label("Grant resolved")
@StackTrace(false)
final class GrantResolution extends Event {}
