/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What Linux tells of a process below {@code /proc}; see proc(5). Each call reads anew, through a
 * descriptor that is closed when it returns. An {@link IOException} says that it cannot be read:
 * the process has ended or is another user's, the descriptor is not open (any more).
 *
 * <p>Names in these files may be any bytes. They are read as UTF-8, and a byte that is none becomes
 * U+FFFD: reading never fails because of it.
 *
 * @param folder the process's folder, such as {@code /proc/self}
 */
public record Proc(Path folder) {

  /** What the kernel writes behind the path of a file that was deleted while it was in use. */
  public static final String DELETED = " (deleted)";

  private static final Path ROOT = Path.of("/proc");

  /** {@return this process} */
  public static Proc self() {
    return new Proc(ROOT.resolve("self"));
  }

  /** {@return the process of a number in this PID namespace, which need not exist} */
  public static Proc of(long pid) {
    return new Proc(ROOT.resolve(Long.toString(pid)));
  }

  /**
   * {@return all that a file tells}
   *
   * @param file a file of the kernel, below {@code /proc} or elsewhere
   */
  public static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  /** {@return whether the IDs of users are others here than the machine's} */
  public static boolean inUserNamespace() {
    try {
      return !text(Path.of("/proc/self/uid_map")).strip().matches("0\\s+0\\s+4294967295");
    } catch (IOException e) {
      return false; // this kernel has none
    }
  }

  /**
   * {@return the lines of a file, which end at line feeds alone}
   *
   * @param file a file of the kernel, below {@code /proc} or elsewhere
   */
  public static List<String> lines(Path file) throws IOException {
    String text = text(file);
    return text.isEmpty() ? List.of() : Arrays.asList(text.split("\n"));
  }

  /**
   * {@return the lines of one of the process's own files: "uid_map", "mountinfo"}
   *
   * @param file its name in the folder
   */
  public List<String> lines(String file) throws IOException {
    return lines(folder.resolve(file));
  }

  /**
   * What {@code stat} tells.
   *
   * @param state one letter: "R", "S", "T", "Z"
   * @param session the session's leader, 0 if that is outside this PID namespace
   * @param startTime when the process was started, in clock ticks since the machine was: no other
   *     process with its PID has the same
   */
  public record Stat(String state, long session, String startTime) {}

  /** {@return the process's state now} */
  public Stat stat() throws IOException {
    String text = text(folder.resolve("stat"));
    // The command's name in parentheses may hold anything. What follows begins with field 3.
    String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
    return new Stat(fields[0], Long.parseLong(fields[3]), fields[19]);
  }

  /** {@return the fields of {@code status} by name: "VmRSS" is "123 kB"} */
  public Map<String, String> status() throws IOException {
    Map<String, String> fields = new HashMap<>();
    for (String line : lines("status")) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
      }
    }
    return fields;
  }

  /**
   * A file that is mapped into memory.
   *
   * @param permissions such as "r-xp"
   * @param path the file's path, with {@link #DELETED} behind it if that is so
   */
  public record Mapping(String permissions, String path) {}

  /** {@return the mappings of files, one file often several times} */
  public List<Mapping> mappings() throws IOException {
    List<Mapping> found = new ArrayList<>();
    // Lines such as "7f00-7f01 r-xp 00000000 fe:00 1234 /lib/libc.so.6".
    for (String line : lines("maps")) {
      int path = line.indexOf('/');
      if (path > 0) {
        found.add(new Mapping(line.split(" ", 3)[1], line.substring(path)));
      }
    }
    return found;
  }

  /**
   * {@return the numbers of the open descriptors, from low to high} The one that lists them is
   * among them, and closed by then.
   */
  public List<Integer> descriptors() throws IOException {
    List<Integer> numbers = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder.resolve("fd"))) {
      all.forEach(one -> numbers.add(Integer.valueOf(one.getFileName().toString())));
    }
    numbers.sort(null);
    return numbers;
  }

  /**
   * {@return the link that stands for a descriptor, whether or not that is open} What is read
   * through it is the open file itself, also where its path leads to another one by now.
   */
  public Path link(int descriptor) {
    return folder.resolve("fd").resolve(Integer.toString(descriptor));
  }

  /** {@return what a descriptor stands for: a path or "socket:[123]"; empty if it is not open} */
  public Optional<String> target(int descriptor) {
    try {
      return Optional.of(Files.readSymbolicLink(link(descriptor)).toString());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * What an epoll descriptor watches.
   *
   * @param descriptor the watched one
   * @param events for what, as for epoll_ctl(2)
   */
  public record Watch(int descriptor, int events) {}

  /**
   * How a descriptor was opened.
   *
   * @param flags as for open(2)
   * @param mountId the mount that the file is on, as in {@code mountinfo}
   * @param watches for an epoll descriptor what it watches, else empty
   */
  public record DescriptorInfo(int flags, String mountId, List<Watch> watches) {

    private static final int O_ACCMODE = 3;
    private static final int O_WRONLY = 1;
    private static final int O_APPEND = 02000;
    private static final int O_NONBLOCK = 04000;
    private static final int O_CLOEXEC = 02000000;

    public DescriptorInfo {
      watches = List.copyOf(watches);
    }

    /** {@return whether it can be written: it was not opened for reading alone} */
    public boolean isWritable() {
      return (flags & O_ACCMODE) != 0;
    }

    /** {@return whether it was opened for writing alone} */
    public boolean isWriteOnly() {
      return (flags & O_ACCMODE) == O_WRONLY;
    }

    /** {@return whether all that is written goes to the file's end} */
    public boolean isAppending() {
      return (flags & O_APPEND) != 0;
    }

    /** {@return whether a program that is executed does not have it} */
    public boolean isClosedByExec() {
      return (flags & O_CLOEXEC) != 0;
    }

    /** {@return whether calls return at once where there is nothing to do} */
    public boolean isNonBlocking() {
      return (flags & O_NONBLOCK) != 0;
    }
  }

  /** {@return how a descriptor was opened} */
  public DescriptorInfo info(int descriptor) throws IOException {
    int flags = 0;
    String mountId = "";
    List<Watch> watches = new ArrayList<>();
    for (String line : lines(folder.resolve("fdinfo").resolve(Integer.toString(descriptor)))) {
      String[] word = line.strip().split("\\s+");
      switch (word[0]) {
        case "flags:" -> flags = Integer.parseInt(word[1], 8);
        case "mnt_id:" -> mountId = word[1];
        // "tfd: 7 events: 19 data: ..."
        case "tfd:" ->
            watches.add(
                new Watch(Integer.parseInt(word[1]), Integer.parseUnsignedInt(word[3], 16)));
        default -> {} // its position, locks, and what other kinds tell
      }
    }
    return new DescriptorInfo(flags, mountId, watches);
  }
}
