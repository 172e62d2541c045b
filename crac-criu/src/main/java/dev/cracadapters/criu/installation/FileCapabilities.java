/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The capabilities that a program gets from its file. Java shows no {@code security.*} attributes,
 * so the command {@code getcap} is asked, which comes with the one that sets them.
 */
final class FileCapabilities {

  private static final long LIMIT_SECONDS = 5;
  private static final Pattern NAME = Pattern.compile("cap_[a-z_]+");

  private FileCapabilities() {}

  /** Those of a file as a set of bits; none for a script, which the kernel gives none. */
  static long of(Path program) {
    return isScript(program) ? 0 : getcap(program).map(FileCapabilities::parse).orElse(0L);
  }

  static boolean isScript(Path program) {
    try (InputStream file = Files.newInputStream(program)) {
      return new String(file.readNBytes(2), StandardCharsets.ISO_8859_1).equals("#!");
    } catch (IOException e) {
      return false; // executable, but not readable: a program
    }
  }

  /** The capabilities named after the file's path, of those that count here. */
  static long parse(String line) {
    List<String> names =
        NAME.matcher(line.substring(line.lastIndexOf(' ') + 1))
            .results()
            .map(found -> found.group().substring("cap_".length()).toUpperCase(Locale.ROOT))
            .toList();
    return Stream.of(Rights.Capability.values())
        .filter(capability -> names.contains(capability.name()))
        .mapToLong(Rights.Capability::mask)
        .sum();
  }

  private static Optional<String> getcap(Path program) {
    Process getcap = null;
    try {
      getcap =
          new ProcessBuilder(
                  "sh",
                  "-c",
                  "PATH=$PATH:/usr/sbin:/sbin; exec getcap \"$1\"",
                  "getcap",
                  program.toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      getcap.getOutputStream().close();
      if (!getcap.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || getcap.exitValue() != 0) {
        return Optional.empty();
      }
      return Optional.of(
          new String(getcap.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
    } catch (IOException e) {
      return Optional.empty(); // as if there were none: the remedy names what is needed
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      if (getcap != null) {
        getcap.destroyForcibly();
      }
    }
  }
}
