/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.installation.CapabilityRemedy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Why a dump failed, in CRIU's own words. */
public final class DumpFailure {

  private static final int MAX_LINES = 4;

  /** CRIU asks for more descriptors than a container may have, says so as an error, and goes on. */
  private static final String HARMLESS = "RLIMIT_NOFILE";

  private DumpFailure() {}

  public static RefusedException of(String what, Path staging) {
    List<String> words = new ArrayList<>();
    for (String log : new String[] {"dump.log", "criu.out"}) {
      words.addAll(lines(staging.resolve(log), line -> line.contains("Error")));
    }
    words.addAll(lines(staging.resolve("dump.out"), line -> true)); // cp, mv and so on
    List<String> last = words.subList(Math.max(0, words.size() - MAX_LINES), words.size());
    return new RefusedException(
        "CRIU",
        what + (last.isEmpty() ? "" : ". It said: " + String.join("; ", last)),
        remedy(what + "\n" + String.join("\n", words)));
  }

  private static List<String> lines(Path log, Predicate<String> which) {
    try {
      return Files.isRegularFile(log)
          ? Files.readAllLines(log).stream()
              .filter(which)
              .filter(line -> !line.contains(HARMLESS))
              .toList()
          : List.of();
    } catch (IOException e) {
      return List.of("(" + log + " cannot be read: " + e + ")");
    }
  }

  private static String remedy(String words) {
    if (words.contains("No space left")) {
      return "Free some space, or name an image folder on another disk";
    }
    if (words.contains("Read-only file system")) {
      return "Make the image folder's file system writable, or name an image folder on another";
    }
    if (words.contains("mounted noexec")) {
      return "Set the environment variable TMPDIR to a folder on a file system that is not";
    }
    if (words.contains("could not be")) { // the dump is there, its folder is in the way
      return "See that the image folder and all that is in it can be written and removed";
    }
    if (words.contains("Operation not permitted") || words.contains("Permission denied")) {
      return CapabilityRemedy.ANY;
    }
    if (words.contains("session leader")) {
      return "Start the JVM in a session of its own: setsid java ...";
    }
    if (words.contains("Can't lookup mount")) {
      return "Close what was opened outside the clone before a checkpoint: CRIU cannot tell how to"
          + " open it again";
    }
    if (words.contains("ghost file")) {
      return "A file that was deleted while it is open or mapped is larger than "
          + DumpScripts.GHOST_LIMIT
          + ": close it, or do not delete it";
    }
    if (words.contains("file locks")) {
      return "Release the file locks before a checkpoint";
    }
    if (words.contains("io_uring")) {
      return "Use NIO or epoll instead of io_uring";
    }
    if (words.contains("socket") || words.contains("unix")) {
      return "Close the socket before a checkpoint: audit=strict names what is open";
    }
    if (words.contains("could not")) {
      return "Look whether the image folder's disk has room, and whether this process may write"
          + " there";
    }
    return "Run 'criu check' to see whether CRIU works on this kernel with these rights";
  }
}
