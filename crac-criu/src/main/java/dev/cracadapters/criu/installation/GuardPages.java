/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Pages that a kernel from 6.13 on makes guards of by {@code MADV_GUARD_INSTALL}: glibc from 2.42
 * on has one at the end of each thread's stack. CRIU before 4.2 takes them for memory, and its dump
 * ends with "Can't splice all pages to pipe" when the process is down already.
 */
public final class GuardPages {

  private static final String FIRST_KERNEL = "6.13";
  private static final String FIRST_LIBRARY = "2.42";
  private static final String FIRST_CRIU = "4.2";
  private static final Pattern LIBRARY =
      Pattern.compile("GNU C Library .{0,80}? version (\\d+\\.\\d+)");
  private static final Pattern GUARDED = Pattern.compile("VmFlags:.* gu( .*)?");

  private GuardPages() {}

  /** Refuses where this process has some, and this CRIU cannot dump them. */
  static void check(CriuCommand criu) throws RefusedException {
    Optional<String> reason = whyNot(criu.version());
    if (reason.isPresent()) {
      throw new RefusedException(
          "CRIU",
          criu.path() + " is " + reason.get(),
          "Install CRIU "
              + FIRST_CRIU
              + " or newer: "
              + Distribution.here().command()
              + CriuCommand.OR_NAME_ONE);
    }
  }

  /** Why a CRIU of this version cannot dump this process, as the rest of a sentence. */
  public static Optional<String> whyNot(String criuVersion) {
    String kernel = System.getProperty("os.version");
    if (isBefore(kernel, FIRST_KERNEL) || !isBefore(criuVersion, FIRST_CRIU)) {
      return Optional.empty();
    }
    Optional<String> library = library();
    boolean has =
        library.isPresent() && !isBefore(library.get(), FIRST_LIBRARY) || hasGuardedMapping();
    return has
        ? Optional.of(
            "CRIU %s, which cannot dump the guard pages of this JVM's threads (C library %s, kernel %s)"
                .formatted(criuVersion, library.orElse("unknown"), kernel))
        : Optional.empty();
  }

  /** The version of the GNU C library that this process runs with. */
  private static Optional<String> library() {
    try {
      for (Proc.Mapping mapping : Proc.self().mappings()) {
        if (mapping.path().endsWith("/libc.so.6")) {
          String text =
              new String(Files.readAllBytes(Path.of(mapping.path())), StandardCharsets.ISO_8859_1);
          Matcher found = LIBRARY.matcher(text);
          return found.find() ? Optional.of(found.group(1)) : Optional.empty();
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // replaced since
    }
  }

  /** Newer kernels show them, whoever made them. */
  private static boolean hasGuardedMapping() {
    try {
      return Proc.self().lines("smaps").stream().anyMatch(line -> GUARDED.matcher(line).matches());
    } catch (IOException e) {
      return false;
    }
  }

  /** Compares by the first two numbers; what is no version is not before anything. */
  static boolean isBefore(String version, String other) {
    String[] one = version.split("\\D+");
    String[] two = other.split("\\D+");
    if (one.length < 2 || one[0].isEmpty()) {
      return false;
    }
    int major = Integer.compare(Integer.parseInt(one[0]), Integer.parseInt(two[0]));
    return major < 0 || major == 0 && Integer.parseInt(one[1]) < Integer.parseInt(two[1]);
  }
}
