/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.core.support.KernelSockets;
import dev.cracadapters.core.support.Proc;
import dev.cracadapters.criu.memory.OlderMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What this process has open or mapped, but for its standard streams and performance counters:
 * regular files that it reads, those that it writes through a mapping, folders with its working
 * directory and those of its Unix sockets, and files that do not exist any more by the path they
 * had.
 */
record OpenFiles(
    SortedSet<Path> read,
    SortedSet<Path> changed,
    SortedSet<Path> folders,
    SortedSet<Path> deleted) {

  private static final int LAST_STANDARD_STREAM = 2;

  /** Memory that the kernel shows as a deleted file. */
  private static final Pattern MEMORY = Pattern.compile("/(memfd:|SYSV|dev/|anon_hugepage|\\[).*");

  static OpenFiles now() throws IOException {
    OpenFiles open =
        new OpenFiles(new TreeSet<>(), new TreeSet<>(), new TreeSet<>(), new TreeSet<>());
    open.readDescriptors();
    open.readSockets();
    open.readMappings();
    open.folders.add(Files.readSymbolicLink(Proc.self().folder().resolve("cwd")));
    open.read.removeAll(open.changed);
    return open;
  }

  private void readDescriptors() throws IOException {
    for (int descriptor : Proc.self().descriptors()) {
      if (descriptor > LAST_STANDARD_STREAM) {
        addDescriptor(descriptor);
      }
    }
  }

  private void addDescriptor(int descriptor) throws IOException {
    Path path;
    try {
      // As a path, not as text: its name may have bytes for which this JVM's locale has no letters.
      path = Files.readSymbolicLink(Proc.self().link(descriptor));
    } catch (NoSuchFileException e) {
      return; // closed since they were listed
    }
    if (!path.isAbsolute() || path.startsWith("/dev") || isTheKernels(path)) {
      return;
    }
    if (path.toString().endsWith(Proc.DELETED)) {
      addDeleted(path.toString());
    } else if (Files.isDirectory(path)) {
      folders.add(path);
    } else if (Files.isRegularFile(path) && isReadOnly(descriptor)) {
      read.add(path);
    }
  }

  /** What the JVM itself reads for a moment, such as the memory that its control group has. */
  private static boolean isTheKernels(Path path) {
    return path.startsWith("/proc") || path.startsWith("/sys");
  }

  /** A file that is open for writing grows: the audit, and CRIU, decide on that. */
  private static boolean isReadOnly(int descriptor) throws IOException {
    try {
      return !Proc.self().info(descriptor).isWritable();
    } catch (NoSuchFileException e) {
      return false; // closed since
    }
  }

  /** CRIU binds them again, in their folders. */
  private void readSockets() throws IOException {
    Set<String> inodes = new HashSet<>();
    for (int descriptor : Proc.self().descriptors()) {
      Proc.self().target(descriptor).flatMap(KernelSockets::inode).ifPresent(inodes::add);
    }
    for (KernelSockets.UnixSocket socket : KernelSockets.unix()) {
      if (!inodes.contains(socket.inode()) || !socket.path().startsWith("/")) {
        continue;
      }
      try {
        Path folder = Path.of(socket.path()).getParent();
        if (folder != null && Files.isDirectory(folder)) {
          folders.add(folder);
        }
      } catch (InvalidPathException e) {
        continue; // the scripts could not name it
      }
    }
  }

  private void readMappings() throws IOException {
    for (Proc.Mapping mapping : Proc.self().mappings()) {
      String target = mapping.path();
      if (target.contains("/hsperfdata_") || OlderMemory.isMapped(mapping.permissions(), target)) {
        continue;
      }
      if (target.endsWith(Proc.DELETED)) {
        addDeleted(target);
        continue;
      }
      Path path = Path.of(target);
      if (!path.startsWith("/dev") && Files.isRegularFile(path)) {
        String permissions = mapping.permissions();
        (permissions.endsWith("s") && permissions.contains("w") ? changed : read).add(path);
      }
    }
  }

  private void addDeleted(String target) {
    if (!MEMORY.matcher(target).matches()) {
      deleted.add(Path.of(target.substring(0, target.length() - Proc.DELETED.length())));
    }
  }
}
