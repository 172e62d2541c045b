/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Memory that this process has mapped from the image that it was restored from, see {@code
 * crac.criu.map}. To the kernel it is a file, and to a checkpoint it is memory like all other: the
 * next image has it in a file of its own, and a restore of that needs nothing of the older one.
 */
public final class OlderMemory {

  /** What the file is called in an image. */
  public static final String NAME = "memory";

  private OlderMemory() {}

  /** Whether a path in {@code /proc/PID/maps}, with these permissions, is one of an image. */
  public static boolean isMapped(String permissions, String path) {
    String live =
        path.endsWith(Proc.DELETED)
            ? path.substring(0, path.length() - Proc.DELETED.length())
            : path;
    return permissions.endsWith("p") && permissions.indexOf('x') < 0 && live.endsWith("/" + NAME);
  }

  /**
   * Refuses where CRIU could not be told which files these are: the kernel opens them, whatever has
   * become of their names, for who has CAP_CHECKPOINT_RESTORE outside of user namespaces.
   */
  public static void check() throws RefusedException {
    try {
      for (String range : ranges()) {
        Files.newInputStream(Proc.self().folder().resolve("map_files").resolve(range)).close();
      }
    } catch (IOException e) {
      throw new RefusedException(
          "memory that is mapped from an image",
          "it cannot be opened (" + e + "), and CRIU has to be told which file it is",
          "Restore the process without a user namespace, or take the next image from a process"
              + " that was started anew, or restored from an image that was taken with"
              + " -Dcrac.criu.map=off",
          e);
    }
  }

  /** For each file the addresses of one mapping, as {@code /proc/PID/map_files} names it. */
  public static List<String> ranges() throws IOException {
    Map<String, String> byFile = new LinkedHashMap<>();
    for (String line : Proc.self().lines("maps")) {
      int path = line.indexOf('/');
      String[] fields = line.split(" +", 6); // addresses, permissions, offset, device, inode
      if (path > 0 && isMapped(fields[1], line.substring(path))) {
        byFile.putIfAbsent(fields[3] + ' ' + fields[4], fields[0]);
      }
    }
    return List.copyOf(byFile.values());
  }
}
