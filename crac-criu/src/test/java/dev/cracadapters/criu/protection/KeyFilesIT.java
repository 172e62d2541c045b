/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.restore.RestoreScript;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that decide whose an image is, or who reads it: where others could read or change them.
 * Each is {@code keys/key} in a folder of its own; the stranger is the user 4002.
 */
@Tag("soak")
@RequiresCriu
@DisplayName("The file of a key or a passphrase")
class KeyFilesIT {

  private static final String SECRET =
      "secret() { echo 0123456789012345678901234567890123456789 > \"$1\"; chmod 600 \"$1\"; };"
          + " cd \"$1\"; rm -rf keys; umask 022; mkdir keys; ";

  /** Commands, and what is said of the file then, of a secret by both sides. */
  private static final List<List<String>> OPEN_TO_OTHERS =
      List.of(
          List.of("secret keys/key; chown 4002 keys/key", "belongs to user 4002"),
          List.of("secret keys/key; chmod 602 keys/key", "written by"),
          List.of("secret keys/key; chgrp 4002 keys/key; chmod 620 keys/key", "written by"),
          List.of("secret keys/key; chmod 604 keys/key", "read"),
          List.of("secret keys/key; chmod 640 keys/key", "read"),
          List.of("secret keys/key; chown 4002 keys", "/keys belongs to user 4002"),
          List.of("secret keys/key; chmod 777 keys", "/keys "),
          List.of(
              "secret keys/one; ln -s one keys/key; chown -h 4002 keys/key", "is a link of user"),
          List.of(
              "mkdir keys/x; secret keys/x/k; ln -s x/k keys/key; chown 4002 keys/x",
              "/x belongs"));

  /** What is no file that could be read. */
  private static final List<List<String>> NO_FILE =
      List.of(
          List.of("mkdir keys/key", "is a folder"),
          List.of(":", "there is no "),
          List.of("ln -s nowhere keys/key", "is a link to nowhere, which is not there"),
          List.of("mkfifo keys/key", "file"),
          List.of("ln -s /dev/zero keys/key", "file"));

  @TempDir Path folder;
  private Path key;

  @BeforeEach
  void otherUsers() {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    key = folder.resolve("keys/key");
  }

  private String run(int status, String... command) throws Exception {
    try (RunningProcess process =
        RunningProcess.start(List.of(command), Map.of(), folder, "command")) {
      assertThat(process.awaitExit()).as(process.told()).isEqualTo(status);
      assertThat(process.output()).isEmpty();
      return process.error();
    }
  }

  private void make(String commands) throws Exception {
    run(0, "sh", "-e", "-c", SECRET + commands, "sh", folder.toString());
  }

  private static void pair(Path file) throws Exception {
    Process openssl =
        new ProcessBuilder(
                "sh",
                "-c",
                "umask 077; openssl genpkey -algorithm ed25519 -out \"$1.private\""
                    + " && openssl pkey -in \"$1.private\" -pubout -out \"$1.public\"",
                "sh",
                file.toString())
            .start();
    assertThat(openssl.waitFor()).isZero();
  }

  @Tag("essential")
  @ParameterizedTest
  @ValueSource(strings = {"image-key=", "image-encryption=openssl:"})
  @DisplayName(
      "is refused at a checkpoint where others may read or change it, before anything stops")
  void checkpoint(String property) throws Exception {
    try (RunningProcess service =
        Services.command(folder.resolve("image"), "-Dcrac." + property + key)
            .start(folder, "service")) {
      service.awaitLine("ready");
      for (List<List<String>> cases : List.of(OPEN_TO_OTHERS, NO_FILE)) {
        for (List<String> one : cases) {
          make(one.get(0));
          assertThat(refusal(service)).as(one.get(0)).contains(one.get(1));
        }
      }
      if (property.startsWith("image-key")) {
        make(":");
        pair(key);
        Files.move(Path.of(key + ".public"), key);
        run(0, "chmod", "600", key.toString());
        assertThat(refusal(service)).contains("it is a public key, by which nothing can be signed");
      }
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      make("mkdir keys/x; secret keys/x/k; chmod 1777 keys keys/x; ln -s x/k keys/key");
      Services.checkpoint(service);
    }
  }

  /** The next one that the service says. */
  private static String refusal(RunningProcess service) throws Exception {
    int before = refusals(service).size();
    service.send("checkpoint");
    assertThat(
            Deadline.after(Duration.ofSeconds(20)).await(() -> refusals(service).size() > before))
        .as(service.told())
        .isTrue();
    return refusals(service).get(before);
  }

  private static List<String> refusals(RunningProcess service) {
    try {
      String text = service.output();
      return text.substring(0, text.lastIndexOf('\n') + 1)
          .lines()
          .filter(line -> line.startsWith("refused "))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  @DisplayName("is refused by crac-restore where others may read or change it")
  void restore() throws Exception {
    Path launcher = Services.script(folder.resolve("launcher"), RestoreScript.launcher());
    String[] command = {
      launcher.toString(), "--key", key.toString(), folder.resolve("image").toString()
    };
    for (List<List<String>> cases : List.of(OPEN_TO_OTHERS, NO_FILE)) {
      for (List<String> one : cases) {
        make(one.get(0));
        assertThat(run(125, command))
            .as(one.get(0))
            .startsWith("crac-restore: the key cannot be used: ")
            .contains(one.get(1));
      }
    }
    make("mkdir keys/x; secret keys/x/k; chmod 1777 keys keys/x; ln -s x/k keys/key");
    assertThat(run(125, command)).contains("the image " + folder.resolve("image") + " is not here");
    make(":");
    pair(key);
    command[2] = key + ".private";
    assertThat(run(125, command))
        .contains("key.private is a private key, which signs: name the public one of the pair");
    command[2] = key + ".public";
    run(0, "chmod", "644", command[2]); // is no secret
    assertThat(run(125, command)).contains("is not here");
    run(0, "chown", "4002", command[2]);
    assertThat(run(125, command)).contains("belongs to user 4002: give it to user 0");
  }
}
