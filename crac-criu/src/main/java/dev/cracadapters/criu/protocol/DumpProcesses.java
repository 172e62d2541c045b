/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The dump script and its guard, one of which tells this process what became of the dump. */
final class DumpProcesses {

  private DumpProcesses() {}

  /** Whether both have ended. Before they have named themselves they have not. */
  static boolean haveEnded(Path staging) {
    String named;
    try {
      named = Files.readString(staging.resolve("scripts")).strip();
    } catch (IOException e) {
      return false;
    }
    return !named.isEmpty()
        && Stream.of(named.split(" ")).map(Long::parseLong).noneMatch(DumpProcesses::lives);
  }

  private static boolean lives(long pid) {
    try {
      return !"ZX".contains(Proc.of(pid).stat().state());
    } catch (IOException e) {
      return false;
    }
  }
}
