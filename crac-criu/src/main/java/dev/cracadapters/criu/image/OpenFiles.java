/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What this process has open or mapped by a path that exists, but for its standard streams and its
 * own performance counters.
 *
 * @param read regular files that it reads
 * @param changed regular files that it writes through a mapping
 * @param folders folders, its working directory among them
 * @param deleted files that do not exist any more by the path they had
 */
record OpenFiles(
    SortedSet<Path> read,
    SortedSet<Path> changed,
    SortedSet<Path> folders,
    SortedSet<Path> deleted) {

  private static final Path SELF = Path.of("/proc/self");
  private static final int O_ACCMODE = 3;
  private static final String DELETED = " (deleted)";

  /** Memory that is called a deleted file: nobody can have opened it by this path. */
  private static final Pattern MEMORY = Pattern.compile("/(memfd:|SYSV|dev/|anon_hugepage|\\[).*");

  static OpenFiles now() throws IOException {
    OpenFiles open =
        new OpenFiles(new TreeSet<>(), new TreeSet<>(), new TreeSet<>(), new TreeSet<>());
    open.readDescriptors();
    open.readMappings();
    open.folders.add(Files.readSymbolicLink(SELF.resolve("cwd")));
    open.read.removeAll(open.changed);
    return open;
  }

  private void readDescriptors() throws IOException {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(SELF.resolve("fd"))) {
      for (Path descriptor : descriptors) {
        if (Integer.parseInt(descriptor.getFileName().toString()) > 2) {
          addDescriptor(descriptor);
        }
      }
    }
  }

  private void addDescriptor(Path descriptor) throws IOException {
    try {
      Path target = Files.readSymbolicLink(descriptor);
      if (!target.isAbsolute() || target.startsWith("/proc") || target.startsWith("/dev")) {
        return;
      }
      if (target.toString().endsWith(DELETED)) {
        addDeleted(target.toString());
      } else if (Files.isDirectory(target)) {
        folders.add(target);
      } else if (Files.isRegularFile(target) && isReadOnly(descriptor)) {
        read.add(target);
      }
    } catch (NoSuchFileException e) {
      return; // closed since the folder was listed
    }
  }

  /** What is open for writing grows; that CRIU, and the audit before it, have a say on. */
  private static boolean isReadOnly(Path descriptor) throws IOException {
    Path info = SELF.resolve("fdinfo").resolve(descriptor.getFileName());
    for (String line : Files.readAllLines(info)) {
      if (line.startsWith("flags:")) {
        return (Integer.parseInt(line.substring("flags:".length()).strip(), 8) & O_ACCMODE) == 0;
      }
    }
    return false;
  }

  /** Lines such as {@code 7f00-7f01 r-xp 00000000 fe:00 1234 /lib/libc.so.6}. */
  private void readMappings() throws IOException {
    for (String line : Files.readAllLines(SELF.resolve("maps"))) {
      int start = line.indexOf('/');
      if (start < 0 || line.contains("/hsperfdata_")) {
        continue;
      }
      if (line.endsWith(DELETED)) {
        addDeleted(line.substring(start));
        continue;
      }
      Path path = Path.of(line.substring(start));
      if (!path.startsWith("/dev") && Files.isRegularFile(path)) {
        String rights = line.split(" ", 3)[1];
        (rights.endsWith("s") && rights.contains("w") ? changed : read).add(path);
      }
    }
  }

  private void addDeleted(String target) {
    if (!MEMORY.matcher(target).matches()) {
      deleted.add(Path.of(target.substring(0, target.length() - DELETED.length())));
    }
  }
}
