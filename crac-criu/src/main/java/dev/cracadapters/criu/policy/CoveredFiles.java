/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import dev.cracadapters.core.audit.CoveredDescriptor;
import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.audit.Descriptor.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What descriptor policies leave to CRIU, for the dump script and for the restore script. CRIU
 * itself puts a file back at its position; it insists on a file's size, which the dump script
 * therefore makes it forget, so that the restore script can decide.
 */
public record CoveredFiles(List<CoveredDescriptor> covered) {

  private static final int O_ACCMODE = 3;
  private static final int O_WRONLY = 1;
  private static final int O_APPEND = 02000;

  /** Why CRIU cannot do what a policy leaves to it. */
  public static Optional<String> whyNot(CoveredDescriptor covered) {
    Descriptor descriptor = covered.descriptor();
    if (descriptor.kind() == Kind.IO_URING) {
      return Optional.of("a policy leaves it to CRIU, which cannot dump io_uring");
    }
    switch (descriptor.kind()) {
      case TCP_CONNECTION:
        return Optional.of("a policy leaves it to CRIU, which cannot restore a connection");
      case UDP_SOCKET, OTHER_SOCKET:
        return Optional.of(
            "a policy leaves it to CRIU, which restores listening and Unix sockets alone");
      default:
        break;
    }
    if (descriptor.target().startsWith("pipe:[") && ends(descriptor.target()) < 2) {
      return Optional.of(
          "a policy leaves it to CRIU, which cannot restore a pipe whose other end is in another process");
    }
    if (descriptor.target().contains("\n")) {
      return Optional.of("a policy leaves it to CRIU, and its name has a line end");
    }
    return Optional.empty();
  }

  private static long ends(String target) {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.filter(one -> target.equals(target(one))).count();
    } catch (IOException e) {
      return 0;
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return ""; // closed since
    }
  }

  /** For the dump script: the files, and their names as CRIU's image has them. */
  public Map<String, String> dumpValues() throws IOException {
    List<CoveredDescriptor> files = files();
    List<String> mapped = mapped();
    List<String> lines = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (CoveredDescriptor one : files) {
      String path = one.descriptor().target();
      String access = mapped.contains(path) ? "m" : access(one.descriptor());
      lines.add(
          "%s %d %s %s"
              .formatted(
                  one.action().name().toLowerCase(Locale.ROOT),
                  one.descriptor().number(),
                  access,
                  path));
      names.add(access.equals("m") ? "" : numbers(path));
    }
    return Map.of(
        "policy_list", String.join("\n", lines),
        "policy_names", String.join(",", names));
  }

  /** The files, which no other check is to look at. */
  public Set<Path> paths() {
    return files().stream()
        .map(one -> Path.of(one.descriptor().target()))
        .collect(Collectors.toSet());
  }

  /** The paths, for the manifest: a check of open files has to leave these to their policies. */
  public List<String> words() {
    return files().stream()
        .map(one -> one.action().name().toLowerCase(Locale.ROOT) + ": " + one.descriptor().target())
        .toList();
  }

  private List<CoveredDescriptor> files() {
    return covered.stream().filter(one -> is(one, Kind.FILE)).toList();
  }

  private static boolean is(CoveredDescriptor covered, Kind kind) {
    return covered.descriptor().kind() == kind;
  }

  /** r: read only. a: only appended to, so that its size does not matter. w: any other. */
  private static String access(Descriptor descriptor) throws IOException {
    if (!descriptor.writable()) {
      return "r";
    }
    Path info = Path.of("/proc/self/fdinfo/" + descriptor.number());
    try {
      for (String line : Files.readAllLines(info)) {
        if (line.startsWith("flags:")) {
          int flags = Integer.parseInt(line.substring("flags:".length()).strip(), 8);
          boolean appends = (flags & O_ACCMODE) == O_WRONLY && (flags & O_APPEND) != 0;
          return appends ? "a" : "w";
        }
      }
    } catch (NoSuchFileException e) {
      return "w"; // closed since the audit
    }
    return "w";
  }

  private static List<String> mapped() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1).stream()
        .filter(line -> line.indexOf('/') > 0)
        .map(line -> line.substring(line.indexOf('/')))
        .map(path -> new String(path.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))
        .distinct()
        .toList();
  }

  /** A path's bytes as decimal numbers: what od makes of it, and any awk can compare. */
  private static String numbers(String path) {
    StringBuilder text = new StringBuilder();
    for (byte one : path.getBytes(StandardCharsets.UTF_8)) {
      text.append(' ').append(one & 0xff);
    }
    return text.toString();
  }
}
