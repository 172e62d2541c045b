/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The file of performance counters that this JVM maps, by which jps finds it. */
public final class PerfData {

  /** Of a folder's mode, for the group and for all. */
  private static final int OTHERS_WRITE = 0022;

  private static final Path PROCESS = Path.of("/proc/self");

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
   * for a JVM that starts deletes the files of processes that are not there yet. The script removes
   * the folder, which may take a file system milliseconds, when this process is up.
   */
  public static void putBack(String path, @Nullable Path folder) {
    if (path.isEmpty() || folder == null) {
      return;
    }
    Path file = Path.of(path);
    try {
      if (isOwn(file.getParent()) && file.getParent().equals(folder.getParent())) {
        Files.move(folder.resolve("perfdata"), file, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      // jps does not list this process then, as if another JVM had deleted the file.
    }
  }

  /** Looks as {@link #putBack} does, so that this has run once. */
  public static void rehearse() throws IOException {
    isOwn(PROCESS);
  }

  /** HotSpot's rule: nobody else can change what is in it. */
  private static boolean isOwn(Path folder) throws IOException {
    Map<String, Object> seen =
        Files.readAttributes(folder, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
    Object user = Files.getAttribute(PROCESS, "unix:uid");
    return (seen.get("uid").equals(0) || seen.get("uid").equals(user))
        && ((Integer) seen.get("mode") & OTHERS_WRITE) == 0;
  }
}
