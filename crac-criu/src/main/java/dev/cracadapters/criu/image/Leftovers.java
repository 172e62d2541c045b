/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
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
    // Names alone: a path in this memory would be taken for one that the process uses, and a
    // restore would make other programs' folders again.
    String[] names = folder.toFile().list();
    if (names == null) {
      return;
    }
    try {
      Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      for (String name : names) {
        if (NAMES.matcher(name).matches()) {
          remove(folder.resolve(name), user);
        }
      }
    } catch (IOException e) {
      LOG.debug("Old files of ours may be left in {}", folder, e);
    }
  }

  /** Others may make and remove such files meanwhile, which is no reason to leave ours. */
  private static void remove(Path one, Object user) {
    try {
      if (isOld(one, user)) {
        ImageFolder.discard(one);
        LOG.debug("Removed {}, which something that was killed had left", one);
      }
    } catch (NoSuchFileException e) {
      return; // it has just gone
    } catch (IOException | UncheckedIOException e) {
      LOG.debug("{} is left: {}", one, e.toString());
    }
  }

  private static boolean isOld(Path path, Object user) throws IOException {
    Map<String, Object> seen =
        Files.readAttributes(path, "unix:uid,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
    Instant changed = ((FileTime) seen.get("lastModifiedTime")).toInstant();
    return seen.get("uid").equals(user) && changed.plus(OLD).isBefore(Instant.now());
  }
}
