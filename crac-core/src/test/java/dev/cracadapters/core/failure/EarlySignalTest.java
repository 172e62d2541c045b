/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A signal that asks for a checkpoint")
class EarlySignalTest {

  /** Uses org.crac alone, from the moment on that it is told to. */
  static final class OrgCracAlone {
    public static void main(String[] arguments) throws Exception {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      System.out.println("main");
      in.readLine();
      Listener listener = new Listener();
      Core.getGlobalContext().register(listener);
      System.out.println("registered");
      in.readLine();
      Core.getGlobalContext().register(listener); // reachable until now
      Runtime.getRuntime().halt(0);
    }
  }

  private static final class Listener implements Resource {
    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
      System.out.println("down");
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
      System.out.println("up");
    }
  }

  private static void signal(Process process, String name) throws Exception {
    assertThat(
            new ProcessBuilder("sh", "-c", "kill -s " + name + " " + process.pid())
                .start()
                .waitFor())
        .isZero();
  }

  @ParameterizedTest
  @CsvSource({"USR1, ''", "USR2, export _JAVA_SR_SIGNUM=62;"})
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  @DisplayName(
      "is heard where an application uses org.crac alone, and ignored before that where the JVM was"
          + " started so")
  void orgCracAlone(String name, String environment) throws Exception {
    List<String> ignoring =
        List.of("sh", "-c", environment + " trap '' " + name + "; exec \"$@\"", "sh");
    Process process =
        JavaProcess.of(
                OrgCracAlone.class,
                System.getProperty("java.class.path"),
                ignoring,
                "-Dorg.crac.Core.Compat=dev.cracadapters.core.crac",
                "-Dcrac.engine=pause",
                "-Dcrac.checkpoint-signal=" + name)
            .redirectErrorStream(true)
            .start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader out = process.inputReader();
        var in = process.outputWriter()) {
      lines.add(out.readLine());
      signal(process, name);
      in.write("register\n");
      in.flush();
      lines.add(out.readLine());
      signal(process, name);
      lines.add(out.readLine());
      lines.add(out.readLine());
      in.write("end\n");
      in.flush();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(lines).containsExactly("main", "registered", "down", "up");
    assertThat(process.exitValue()).isZero();
  }
}
