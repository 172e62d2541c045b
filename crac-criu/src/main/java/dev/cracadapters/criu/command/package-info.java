/** The command {@code java -jar crac-criu.jar}. Nothing here is used inside an application. */
@NullMarked
package dev.cracadapters.criu.command;

import org.jspecify.annotations.NullMarked;
