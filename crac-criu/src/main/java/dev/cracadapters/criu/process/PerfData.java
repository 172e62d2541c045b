/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The file of performance counters that this JVM maps, by which jps finds it. */
public final class PerfData {

  private PerfData() {}

  /** The file, or an empty text where there is none. */
  public static String path() throws IOException {
    String suffix = "/" + ProcessHandle.current().pid();
    return Proc.self().mappings().stream()
        .map(Proc.Mapping::path)
        .filter(path -> path.contains("/hsperfdata_") && path.endsWith(suffix))
        .findFirst()
        .orElse("");
  }

  /**
   * After a restore: puts the file in its place, to which the restore script could not write it,
   * for a JVM that starts deletes the files of processes that are not there yet.
   */
  public static void putBack(String path) {
    if (path.isEmpty()) {
      return;
    }
    Path file = Path.of(path);
    Path folder = file.resolveSibling("restore-" + file.getFileName());
    try {
      Files.move(folder.resolve("perfdata"), file, StandardCopyOption.ATOMIC_MOVE);
      Files.delete(folder);
    } catch (IOException e) {
      // jps does not list this process then, as if another JVM had deleted the file.
    }
  }
}
