/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.RefusedException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The flags that a java command has, and its version, such as 17: asked of the command itself. */
record KnownFlags(Set<String> names, int version) {

  private static final long LIMIT_SECONDS = 20;
  private static final Pattern FLAG = Pattern.compile("(?m)^\\s*\\w+ (\\w+)\\s+=");
  private static final Pattern VERSION = Pattern.compile("version \"(\\d+)");

  static KnownFlags of(String java) throws RefusedException, InterruptedException {
    try {
      Process process =
          new ProcessBuilder(
                  List.of(
                      java,
                      "-XX:+UnlockDiagnosticVMOptions",
                      "-XX:+PrintFlagsFinal",
                      "-Xshare:auto",
                      "-version"))
              .redirectErrorStream(true)
              .redirectInput(new File("/dev/null"))
              .start();
      String said =
          TimeLimit.within(
              Duration.ofSeconds(LIMIT_SECONDS),
              () -> unanswered(java, process),
              () -> new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
      Matcher version = VERSION.matcher(said);
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)
          || process.exitValue() != 0
          || !version.find()) {
        process.destroyForcibly();
        throw new RefusedException(
            java, "it does not tell its flags and its version: " + said, "Name java by --java");
      }
      return new KnownFlags(
          FLAG.matcher(said).results().map(found -> found.group(1)).collect(Collectors.toSet()),
          Integer.parseInt(version.group(1)));
    } catch (IOException e) {
      throw new RefusedException(
          java, "it cannot be started (" + e.getMessage() + ")", "Name java by --java", e);
    }
  }

  private static RefusedException unanswered(String java, Process process) {
    process.destroyForcibly();
    return new RefusedException(
        java,
        "it did not tell its flags within " + LIMIT_SECONDS + " s",
        "Name a java by --java that ends when it is asked for its version");
  }
}
