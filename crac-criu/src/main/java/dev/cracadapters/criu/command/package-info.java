/**
 * The command {@code java -jar crac-criu.jar}: takes checkpoints of running JVMs and tells about
 * images. Nothing here is needed, or used, inside an application.
 */
@NullMarked
package dev.cracadapters.criu.command;

import org.jspecify.annotations.NullMarked;
