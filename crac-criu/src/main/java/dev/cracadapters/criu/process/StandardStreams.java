/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import dev.cracadapters.core.support.Proc;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Descriptors 0, 1 and 2, which a restored process has from its restore, whatever they were (an
 * empty target: closed): the dump script edits the image so. CRIU is told to dump the external ones
 * without their other side or path.
 */
public record StandardStreams(List<String> targets, List<String> external) {

  private static final int COUNT = 3;

  public static StandardStreams current() throws IOException {
    List<String> targets = new ArrayList<>();
    List<String> external = new ArrayList<>();
    for (int number = 0; number < COUNT; number++) {
      String target = Proc.self().target(number).orElse("");
      targets.add(target);
      if (target.startsWith("socket:[")) {
        // systemd gives a service a socket to its journal, sshd and others give half a pair.
        external.add("unix" + target.substring("socket:".length()));
      } else if (target.startsWith("/") && Files.exists(Proc.self().link(number))) {
        addUnreachable(number, target, external);
      }
    }
    return new StandardStreams(List.copyOf(targets), List.copyOf(external));
  }

  /** For the dump script. */
  public Map<String, String> values() {
    return Map.of(
        "streams",
        IntStream.range(0, COUNT)
            .filter(this::isStream)
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(" ")),
        "streams_external",
        String.join(" ", external));
  }

  /**
   * A JVM that was started with a stream closed has given its number to the next file that it
   * opened, {@code lib/modules} or a jar, which it goes on to read from.
   */
  private boolean isStream(int number) {
    String target = targets.get(number);
    if (!target.startsWith("/")) {
      return !target.isEmpty() && !target.startsWith("anon_inode:");
    }
    return Stream.concat(
            Stream.of(System.getProperty("java.home") + "/lib/modules"),
            Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)))
        .filter(entry -> !entry.isEmpty())
        .noneMatch(entry -> isFile(target, Path.of(entry)));
  }

  private static boolean isFile(String target, Path entry) {
    try {
      return Path.of(target).equals(entry.toRealPath());
    } catch (IOException e) {
      return false; // of a class path that names what does not exist
    }
  }

  /**
   * A file that was opened in another mount namespace, or has been deleted: CRIU cannot tell how a
   * restore would open it, and need not.
   */
  private static void addUnreachable(int number, String target, List<String> external)
      throws IOException {
    String mount = Proc.self().info(number).mountId();
    String prefix = mount + ' ';
    boolean reachable =
        Proc.self().lines("mountinfo").stream().anyMatch(line -> line.startsWith(prefix));
    if (!reachable || target.endsWith(Proc.DELETED)) {
      Object inode = Files.getAttribute(Proc.self().link(number), "unix:ino");
      external.add("file[%x:%x]".formatted(Long.parseLong(mount), ((Number) inode).longValue()));
    }
  }
}
