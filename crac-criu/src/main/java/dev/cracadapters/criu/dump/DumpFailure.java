/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.installation.CapabilityRemedy;
import dev.cracadapters.criu.installation.SystemCallFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Why a dump failed, in CRIU's own words. */
public final class DumpFailure {

  private static final int MAX_LINES = 4;

  /** CRIU asks for more descriptors than a container may have, says so as an error, and goes on. */
  private static final String HARMLESS = "RLIMIT_NOFILE";

  /** What the words match, and what to do then; the first that matches counts. */
  private static final List<Map.Entry<String, String>> REMEDIES =
      List.of(
          Map.entry(
              "(?s)to the tmpfs.*No space left",
              "Make room on that tmpfs, for all of the process's memory, or name another by the"
                  + " environment variable TMPDIR"),
          Map.entry(
              "^the image cannot be restored, as its trial",
              "See what that names and put it right, or take the checkpoint as before, without a"
                  + " trial, by crac.verify=off"),
          Map.entry(
              "^the image cannot be tried",
              "Put that right, or set crac.verify=auto, which tries images where that is possible"),
          Map.entry("No space left", "Free some space, or name an image folder on another disk"),
          Map.entry(
              "Read-only file system",
              "Make the image folder's file system writable, or name an image folder on another"),
          Map.entry(
              "mounted noexec",
              "Set the environment variable TMPDIR to a folder on a file system that is not"),
          Map.entry(
              "process has mapped is not as it was written",
              "End this process, and restore it from a copy of its image, or start it anew"),
          Map.entry( // the dump is there, its folder is in the way
              "could not be",
              "See that the image folder and all that is in it can be written and removed"),
          Map.entry(
              "was not complete within",
              "See whether the file systems of the process's files and of its image answer, or"
                  + " raise crac.criu.dump-timeout"),
          Map.entry("the dump script was killed", "See what killed it, and ask again"),
          Map.entry("suspending seccomp", SystemCallFilter.NONE), // of a thread of its own
          Map.entry("Operation not permitted|Permission denied", CapabilityRemedy.ANY),
          Map.entry("session leader", "Start the JVM in a session of its own: setsid java ..."),
          Map.entry(
              "Can't lookup mount",
              "Close what was opened outside the clone before a checkpoint: CRIU cannot tell how to"
                  + " open it again"),
          Map.entry(
              "ghost file",
              "A file that was deleted while it is open or mapped is larger than "
                  + DumpScripts.GHOST_LIMIT
                  + ": close it, or do not delete it"),
          Map.entry("file locks", "Release the file locks before a checkpoint"),
          Map.entry("io_uring", "Use NIO or epoll instead of io_uring"),
          Map.entry(
              "socket|unix",
              "Close the socket before a checkpoint: audit=strict names what is open"),
          Map.entry(
              "could not",
              "Look whether the image folder's disk has room, and whether this process may write"
                  + " there"));

  private DumpFailure() {}

  public static RefusedException of(String what, Path staging) {
    List<String> words = new ArrayList<>();
    for (String log : new String[] {"dump.log", "criu.out"}) {
      words.addAll(lines(staging.resolve(log), line -> line.contains("Error")));
    }
    words.addAll(lines(staging.resolve("dump.out"), line -> true)); // cp, mv and so on
    List<String> once = words.stream().distinct().toList();
    List<String> last = once.subList(Math.max(0, once.size() - MAX_LINES), once.size());
    String said = String.join("; ", last);
    return new RefusedException(
        "CRIU",
        // A full stop follows.
        what + (last.isEmpty() ? "" : ". It said: " + said.replaceFirst("\\.+$", "")),
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
    return REMEDIES.stream()
        .filter(one -> Pattern.compile(one.getKey()).matcher(words).find())
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("Run 'criu check' to see whether CRIU works on this kernel with these rights");
  }
}
