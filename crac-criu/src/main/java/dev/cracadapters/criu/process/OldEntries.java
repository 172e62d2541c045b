/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What this user has left in a folder that others use, too. */
public final class OldEntries {

  private OldEntries() {}

  /**
   * Those of certain names that nobody has changed for a while; none where the folder cannot be
   * read. No link is followed.
   */
  public static List<Path> of(Path folder, Pattern names, Duration age) throws IOException {
    // Names alone: a path in this memory would be taken for one that the process uses, and a
    // restore would make other programs' folders again.
    String[] all = folder.toFile().list();
    if (all == null) {
      return List.of();
    }
    Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    List<Path> old = new ArrayList<>();
    for (String name : all) {
      if (names.matcher(name).matches() && isOld(folder.resolve(name), user, age)) {
        old.add(folder.resolve(name));
      }
    }
    return old;
  }

  private static boolean isOld(Path path, Object user, Duration age) throws IOException {
    try {
      Map<String, Object> seen =
          Files.readAttributes(path, "unix:uid,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
      Instant changed = ((FileTime) seen.get("lastModifiedTime")).toInstant();
      return seen.get("uid").equals(user) && changed.plus(age).isBefore(Instant.now());
    } catch (IOException e) {
      return false; // others make and remove theirs meanwhile, which is no reason to leave ours
    }
  }
}
