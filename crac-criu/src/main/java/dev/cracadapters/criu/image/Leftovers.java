/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.criu.process.OldEntries;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this user's commands and checkpoints that were killed have left in the folder for temporary
 * files. Whether their makers live cannot be seen from another PID namespace, so it is by age: each
 * is far older than what uses it lasts.
 */
final class Leftovers {

  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);
  private static final Duration OLD = Duration.ofDays(1);

  /** The doctor's, the dump's, the command's, and what holds CRIU's words. */
  private static final Pattern NAMES =
      Pattern.compile("criu-.*\\.out|crac-agent.*\\.jar|crac-(trial-|dump\\.|checkpoint-).*");

  private Leftovers() {}

  /** Removes them. What cannot be removed stays. */
  static void remove() {
    removeFrom(Path.of(System.getProperty("java.io.tmpdir", "/tmp")));
  }

  static void removeFrom(Path folder) {
    try {
      OldEntries.of(folder, NAMES, OLD).forEach(Leftovers::removeOne);
    } catch (IOException e) {
      LOG.debug("Old files of ours may be left in {}", folder, e);
    }
  }

  private static void removeOne(Path one) {
    try {
      ImageFolder.discard(one);
      LOG.debug("Removed {}, which something that was killed had left", one);
    } catch (UncheckedIOException e) {
      LOG.debug("{} is left: {}", one, e.toString());
    }
  }
}
