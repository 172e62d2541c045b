/**
 * What the command {@code crac-criu checkpoint} loads into a JVM: an agent that finds the
 * coordinator there, or brings the engine. Its classes use the JDK's alone.
 */
@NullMarked
package dev.cracadapters.criu.agent;

import org.jspecify.annotations.NullMarked;
