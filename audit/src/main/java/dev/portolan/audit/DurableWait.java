package dev.portolan.audit;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.StackTrace;

/** For Java's flight recorder: how long an answer waited for its entry. Not even loaded while there is no recording. */
@Category("Portolan")
@Label("Audit entry made durable")
@Description("From the entry's being handed over to its being on disk")
@StackTrace(false)
final class DurableWait extends Event {}
