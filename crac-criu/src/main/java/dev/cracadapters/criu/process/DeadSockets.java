/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The attach sockets of JVMs that were killed: HotSpot removes its own only where it ends in order.
 * A tool would try to reach a later process of that PID by it.
 */
public final class DeadSockets {

  private static final Logger LOG = LoggerFactory.getLogger(DeadSockets.class);
  private static final Path FOLDER = Path.of("/tmp");

  private static final Pattern NAMES = Pattern.compile("\\.java_pid\\d+(\\.tmp)?");

  /** Between the bind of a socket and the moment at which it listens it looks dead. */
  private static final Duration YOUNG = Duration.ofMinutes(1);

  private DeadSockets() {}

  /** Removes this user's. What cannot be removed stays, and is in the way of nothing but tools. */
  public static void remove() {
    try {
      for (Path one : OldEntries.of(FOLDER, NAMES, YOUNG)) {
        if (isSocket(one) && nobodyListens(one)) {
          Files.deleteIfExists(one);
          LOG.debug("Removed {}, which a JVM that was killed had left", one);
        }
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("Sockets of JVMs that were killed may be left in {}", FOLDER, e);
    }
  }

  private static boolean isSocket(Path path) throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .isOther();
    } catch (NoSuchFileException e) {
      return false; // it has just gone
    }
  }

  /** As the kernel says it, for a JVM in another PID namespace as well. Does not wait. */
  private static boolean nobodyListens(Path socket) throws IOException {
    String pid = socket.getFileName().toString().replaceAll("\\D", "");
    if (Files.exists(Path.of("/proc", pid))) {
      return false;
    }
    try (SocketChannel tool = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      tool.configureBlocking(false);
      tool.connect(UnixDomainSocketAddress.of(socket));
      return false;
    } catch (ConnectException e) {
      return true;
    }
  }
}
