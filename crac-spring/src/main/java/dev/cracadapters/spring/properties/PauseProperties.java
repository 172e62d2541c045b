/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The properties {@code spring.crac.pause.*}, null where one is not set.
 *
 * @param mode Whether the pause ends at once, or waits for something outside that takes a snapshot.
 * @param readyFile With mode "external": file that is there from when everything is down until
 *     everything is back. By default a file in the folder for temporary files.
 * @param goFile With mode "external": file whose appearance ends the pause. What it says is in
 *     RestoreInfo.
 * @param signal With mode "external": name of the signal that ends the pause, or "none".
 * @param file File that is written when everything is down; deleting it ends the pause.
 * @param holdThreads With mode "external": whether the application's threads are suspended until
 *     the JDK's phase is up again.
 * @param timeout Time after which a pause that was not ended is given up; 0 for never.
 */
@ConfigurationProperties("spring.crac.pause")
record PauseProperties(
    @Nullable Mode mode,
    @Nullable String readyFile,
    @Nullable String goFile,
    @Nullable String signal,
    @Nullable String file,
    @Nullable Boolean holdThreads,
    @Nullable Duration timeout) {

  /** What happens between down and up. */
  enum Mode {
    /** Nothing, or what the pause file says. */
    CONTINUE,
    /** Something outside takes a snapshot. */
    EXTERNAL
  }
}
