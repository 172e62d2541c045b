/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import dev.cracadapters.core.audit.CoveredDescriptor;
import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.audit.Descriptor.Kind;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What descriptor policies leave to CRIU, for the dump script and for the restore script. CRIU
 * itself puts a file back at its position; it insists on a file's size, which the dump script
 * therefore makes it forget, so that the restore script can decide.
 */
public record CoveredFiles(List<CoveredDescriptor> covered) {

  /** Why CRIU cannot do what a policy leaves to it; empty if it can. */
  public static Optional<String> whyNot(CoveredDescriptor covered) {
    String target = covered.descriptor().target();
    return switch (covered.descriptor().kind()) {
      case IO_URING -> leftToCriu(", which cannot dump io_uring");
      case TCP_CONNECTION -> leftToCriu(", which cannot restore a connection");
      case UDP_SOCKET, OTHER_SOCKET ->
          leftToCriu(", which restores listening and Unix sockets alone");
      default -> {
        if (target.startsWith("pipe:[") && !hasBothEnds(target)) {
          yield leftToCriu(", which cannot restore a pipe whose other end is in another process");
        }
        yield target.contains("\n")
            ? leftToCriu(", and its name contains a line feed")
            : Optional.empty();
      }
    };
  }

  private static Optional<String> leftToCriu(String why) {
    return Optional.of("a policy leaves it to CRIU" + why);
  }

  /** Whether this process has both ends of a pipe; of one end there may be several numbers. */
  private static boolean hasBothEnds(String pipe) {
    try {
      Proc process = Proc.self();
      Set<Boolean> writing = new HashSet<>();
      for (int number : process.descriptors()) {
        if (process.target(number).filter(pipe::equals).isPresent()) {
          writing.add(process.info(number).isWritable());
        }
      }
      return writing.size() == 2;
    } catch (IOException e) {
      return false;
    }
  }

  /** For the dump script: the files, and their names as CRIU's image has them. */
  public Map<String, String> dumpValues() throws IOException {
    Set<String> mapped =
        Proc.self().mappings().stream().map(Proc.Mapping::path).collect(Collectors.toSet());
    List<String> lines = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (CoveredDescriptor one : files()) {
      String path = one.descriptor().target();
      String access = mapped.contains(path) ? "m" : access(one.descriptor());
      lines.add("%s %d %s %s".formatted(action(one), one.descriptor().number(), access, path));
      names.add(access.equals("m") ? "" : numbers(path));
    }
    return Map.of(
        "policy_list", String.join("\n", lines),
        "policy_names", String.join(",", names));
  }

  /** The files' paths: no other check looks at them. */
  public Set<Path> paths() {
    return files().stream()
        .map(one -> Path.of(one.descriptor().target()))
        .collect(Collectors.toSet());
  }

  /** Action and path of each file, for the manifest. */
  public List<String> describe() {
    return files().stream().map(one -> action(one) + ": " + one.descriptor().target()).toList();
  }

  private static String action(CoveredDescriptor covered) {
    return covered.action().name().toLowerCase(Locale.ROOT);
  }

  private List<CoveredDescriptor> files() {
    return covered.stream().filter(one -> one.descriptor().kind() == Kind.FILE).toList();
  }

  /** r: read only. a: only appended to, so that its size does not matter. w: any other. */
  private static String access(Descriptor descriptor) throws IOException {
    if (!descriptor.writable()) {
      return "r";
    }
    try {
      Proc.DescriptorInfo info = Proc.self().info(descriptor.number());
      return info.isWriteOnly() && info.isAppending() ? "a" : "w";
    } catch (NoSuchFileException e) {
      return "w"; // closed since the audit
    }
  }

  /** A path's bytes as decimal numbers: what od makes of it, and any awk can compare. */
  public static String numbers(String path) {
    StringBuilder text = new StringBuilder();
    for (byte one : path.getBytes(StandardCharsets.UTF_8)) {
      text.append(' ').append(one & 0xff);
    }
    return text.toString();
  }
}
