/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.agent;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * The connection by which the agent was loaded. The JVM closes its end after it has answered, which
 * may be a moment after the other side has read the answer.
 *
 * <p>Reads {@code /proc} itself: the agent's jar has no class of another package.
 */
final class AttachConnection {

  private static final String CONNECTED = "03";
  private static final int STATE = 5;
  private static final int INODE = 6;
  private static final int PATH = 7;

  private AttachConnection() {}

  static boolean isOpen() throws IOException {
    Set<String> connected = new HashSet<>();
    for (String line : Files.readAllLines(Path.of("/proc/self/net/unix"))) {
      String[] fields = line.trim().split("\\s+");
      if (fields.length > PATH
          && fields[PATH].contains("/.java_pid")
          && fields[STATE].equals(CONNECTED)) {
        connected.add("socket:[" + fields[INODE] + "]");
      }
    }
    if (connected.isEmpty()) {
      return false;
    }
    try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path one : open) {
        if (connected.contains(target(one))) {
          return true;
        }
      }
    }
    return false;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed since it was listed
    }
  }
}
