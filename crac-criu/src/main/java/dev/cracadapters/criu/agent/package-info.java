/** What {@code crac-criu checkpoint} loads into a JVM. Its classes use the JDK's alone. */
@NullMarked
package dev.cracadapters.criu.agent;

import org.jspecify.annotations.NullMarked;
