/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.audit.Descriptor.Kind;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Reads the open descriptors of this process from {@code /proc/self/fd}. */
final class OpenDescriptors {

  private static final Path FD = Path.of("/proc/self/fd");
  private static final Path FD_INFO = Path.of("/proc/self/fdinfo");
  private static final int O_ACCMODE = 3;
  private static final int LOOKS = 20;
  private static final long BETWEEN_LOOKS_NANOS = 1_000_000;

  private OpenDescriptors() {}

  /** Whether this system shows descriptors at all. */
  static boolean supported() {
    return Files.isDirectory(FD);
  }

  static List<Descriptor> read() throws IOException {
    // The descriptor that lists the folder is in the list itself, and is gone by the time it is
    // looked at.
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> folder = Files.newDirectoryStream(FD)) {
      folder.forEach(entries::add);
    }
    KernelSockets sockets = KernelSockets.read();
    List<Descriptor> open = new ArrayList<>();
    for (Path entry : entries) {
      Descriptor descriptor = describe(entry, sockets);
      if (descriptor != null) {
        open.add(descriptor);
      }
    }
    open.sort(Comparator.comparingInt(Descriptor::number));
    return open;
  }

  /**
   * As {@link #read}, without what the JVM itself reads now and then: its threads look up limits
   * and load in files of the kernel, such as {@code /sys/fs/cgroup/memory.max}, and close them at
   * once.
   *
   * @param bound how long something open counts as open for a moment
   */
  static List<Descriptor> readLasting(Duration bound) throws IOException {
    List<Descriptor> open = read();
    Deadline moment = Deadline.after(bound);
    while (!moment.hasPassed() && open.stream().anyMatch(OpenDescriptors::isReadOfKernelFile)) {
      LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
      Set<Descriptor> still = Set.copyOf(read());
      open.removeIf(one -> isReadOfKernelFile(one) && !still.contains(one));
    }
    return open;
  }

  private static boolean isReadOfKernelFile(Descriptor descriptor) {
    return descriptor.kind() == Kind.FILE
        && !descriptor.writable()
        && (descriptor.target().startsWith("/sys/") || descriptor.target().startsWith("/proc/"));
  }

  private static @Nullable Descriptor describe(Path entry, KernelSockets sockets)
      throws IOException {
    for (int look = 1; ; look++) {
      try {
        return look(entry, sockets);
      } catch (NoSuchFileException e) {
        return null; // closed since the folder was listed
      } catch (IOException e) {
        // Closed between the opening and the reading of its fdinfo. Another may have its number by
        // now.
        if (look == LOOKS) {
          throw e;
        }
      }
    }
  }

  private static @Nullable Descriptor look(Path entry, KernelSockets sockets) throws IOException {
    int number = Integer.parseInt(entry.getFileName().toString());
    String target = Files.readSymbolicLink(entry).toString();
    if (target.startsWith("/proc/") && target.endsWith("/fd")) {
      return null;
    }
    List<String> info = Files.readAllLines(FD_INFO.resolve(Integer.toString(number)));
    boolean writable = (flags(info) & O_ACCMODE) != 0;
    if (target.startsWith("socket:[")) {
      return sockets.describe(number, target);
    }
    Kind kind = kind(entry, target);
    if (!Files.readSymbolicLink(entry).toString().equals(target)) {
      throw new IOException("Descriptor " + number + " has become another one");
    }
    List<Integer> watched = kind == Kind.EPOLL ? watched(info) : List.of();
    return new Descriptor(number, kind, target, writable, null, null, watched);
  }

  private static Kind kind(Path entry, String target) throws IOException {
    if (target.startsWith("pipe:[")) {
      return Kind.PIPE;
    }
    if (target.startsWith("anon_inode:")) {
      return switch (target.substring("anon_inode:".length())) {
        case "[eventpoll]" -> Kind.EPOLL;
        case "[eventfd]" -> Kind.EVENT;
        case "[io_uring]" -> Kind.IO_URING;
        default -> Kind.OTHER;
      };
    }
    if (target.endsWith(" (deleted)")) {
      return target.startsWith("/memfd:") ? Kind.OTHER : Kind.DELETED_FILE;
    }
    // One look: it may be closed by now, and what is gone would be neither of these.
    BasicFileAttributes attributes = Files.readAttributes(entry, BasicFileAttributes.class);
    if (attributes.isRegularFile()) {
      return Kind.FILE;
    }
    if (attributes.isDirectory()) {
      return Kind.DIRECTORY;
    }
    return target.startsWith("/dev/") ? Kind.DEVICE : Kind.PIPE;
  }

  private static int flags(List<String> info) {
    for (String line : info) {
      if (line.startsWith("flags:")) {
        return Integer.parseInt(line.substring("flags:".length()).strip(), 8);
      }
    }
    return 0;
  }

  private static List<Integer> watched(List<String> info) {
    List<Integer> numbers = new ArrayList<>();
    for (String line : info) {
      if (line.startsWith("tfd:")) {
        numbers.add(Integer.parseInt(line.substring("tfd:".length()).strip().split("\\s+")[0]));
      }
    }
    return numbers;
  }

  /** The ends of a socket in words. */
  static String words(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }
}
