/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.audit.Descriptor.Kind;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Reads the open descriptors of this process from {@code /proc/self/fd}. */
final class OpenDescriptors {

  private static final Proc SELF = Proc.self();
  private static final int MAX_LOOKS = 20;
  private static final long BETWEEN_LOOKS_NANOS = 1_000_000;

  private OpenDescriptors() {}

  /** Whether this system shows descriptors at all. */
  static boolean supported() {
    return Files.isDirectory(SELF.folder().resolve("fd"));
  }

  static List<Descriptor> read() throws IOException {
    List<Integer> numbers = SELF.descriptors();
    SocketTable sockets = SocketTable.read();
    List<Descriptor> open = new ArrayList<>();
    for (int number : numbers) {
      Descriptor descriptor = describe(number, sockets);
      if (descriptor != null) {
        open.add(descriptor);
      }
    }
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

  private static @Nullable Descriptor describe(int number, SocketTable sockets) throws IOException {
    for (int look = 1; ; look++) {
      Optional<String> target = SELF.target(number);
      if (target.isEmpty() || isList(target.get())) {
        return null; // closed since the folder was listed, or what lists it
      }
      try {
        return look(number, target.get(), sockets);
      } catch (NoSuchFileException e) {
        return null;
      } catch (IOException e) {
        // Closed between the opening and the reading of its fdinfo. Another may have its number by
        // now.
        if (look == MAX_LOOKS) {
          throw e;
        }
      }
    }
  }

  private static boolean isList(String target) {
    return target.startsWith("/proc/") && target.endsWith("/fd");
  }

  private static Descriptor look(int number, String target, SocketTable sockets)
      throws IOException {
    Proc.DescriptorInfo info = SELF.info(number);
    if (target.startsWith("socket:[")) {
      return sockets.describe(number, target);
    }
    Kind kind = kind(SELF.link(number), target);
    if (!SELF.target(number).equals(Optional.of(target))) {
      throw new IOException("Descriptor " + number + " has become another one");
    }
    List<Integer> watched = info.watches().stream().map(Proc.Watch::descriptor).toList();
    return new Descriptor(number, kind, target, info.isWritable(), null, null, watched);
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
    if (target.endsWith(Proc.DELETED)) {
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
}
