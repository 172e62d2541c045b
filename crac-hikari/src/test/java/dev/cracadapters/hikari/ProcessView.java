/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the kernel shows of a process, without its help. */
record ProcessView(long pid) {

  /** What the JVM starts and ends as it likes. */
  private static final List<String> OWN =
      List.of("C1 Comp", "C2 Comp", "GC Thread", "G1 ", "Process", "process");

  /** Its open sockets whose other end is a port of this machine. */
  int socketsTo(int port) throws IOException {
    return sockets(String.format(Locale.ROOT, ":%04X", port));
  }

  /** All its open TCP sockets. */
  int sockets() throws IOException {
    return sockets("");
  }

  private int sockets(String remoteEnd) throws IOException {
    Set<String> inodes =
        Stream.of("tcp", "tcp6")
            .flatMap(table -> lines(Path.of("/proc/" + pid + "/net/" + table)))
            .map(line -> line.strip().split("\\s+"))
            .filter(words -> words.length > 9 && words[2].endsWith(remoteEnd))
            .map(words -> "socket:[" + words[9] + "]")
            .collect(Collectors.toSet());
    return (int) descriptors().stream().filter(inodes::contains).count();
  }

  /** What its descriptors are, but for files of the kernel, which the JVM reads when it likes. */
  List<String> descriptors() throws IOException {
    List<String> targets = new ArrayList<>();
    try (var descriptors = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
      for (Path descriptor : descriptors) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (!target.startsWith("/sys/") && !target.startsWith("/proc/")) {
            targets.add(target);
          }
        } catch (IOException e) {
          // Closed since the folder was read.
        }
      }
    }
    targets.sort(null);
    return targets;
  }

  /** The names of its threads, as far as the kernel keeps them, but for the JVM's own ones. */
  List<String> threads() throws IOException {
    List<String> names = new ArrayList<>();
    try (var tasks = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
      for (Path task : tasks) {
        lines(task.resolve("comm"))
            .filter(name -> OWN.stream().noneMatch(name::startsWith))
            .forEach(names::add);
      }
    }
    names.sort(null);
    return names;
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      return Stream.empty(); // it has just ended
    }
  }
}
