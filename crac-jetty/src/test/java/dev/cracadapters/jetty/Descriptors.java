/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What this process has open, from {@code /proc}. */
final class Descriptors {

  private Descriptors() {}

  /** States of the TCP sockets of this process whose own port is the given one. */
  static List<String> tcp(int localPort) throws IOException {
    Set<String> mine = new HashSet<>(targets("socket:["));
    String port = ":%04X".formatted(localPort);
    try (Stream<String> lines =
        Stream.concat(
            Files.lines(Path.of("/proc/self/net/tcp")),
            Files.lines(Path.of("/proc/self/net/tcp6")))) {
      return lines
          .map(line -> line.strip().split("\\s+"))
          .filter(column -> column[1].endsWith(port))
          .filter(column -> mine.contains("socket:[" + column[9] + "]"))
          .map(column -> column[3])
          .toList();
    }
  }

  /** How many epoll and event descriptors are open. */
  static int selectors() throws IOException {
    return targets("anon_inode:[eventpoll]").size() + targets("anon_inode:[eventfd]").size();
  }

  private static List<String> targets(String prefix) throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.map(Descriptors::target).filter(target -> target.startsWith(prefix)).toList();
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return "closed since";
    }
  }
}
