/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.restore.RestoreScript;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The process reads a temporary file that is gone at the restore, which the image brings along. */
@Tag("soak")
@RequiresCriu
@DisplayName("Of a signed image that was changed")
class ChangedSignedImageIT {

  @TempDir Path folder;
  private Path launcher;
  private Path key;
  private Path passphrase;
  private Path file;
  private Path commands;

  @BeforeEach
  void theLauncher() throws Exception {
    launcher = Services.script(folder.resolve("launcher"), RestoreScript.launcher());
    key = secret("key");
    passphrase = secret("passphrase");
    commands = Files.createDirectory(folder.resolve("commands"));
    notes("openssl", "[ \"$1\" != enc ]", "/usr/bin/openssl");
    notes("criu", "[ \"$1\" != restore ]", WorkingCriu.here().path().toString());
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private Path secret(String name) throws Exception {
    Path secret = Files.writeString(folder.resolve(name), "0123456789".repeat(4));
    return Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
  }

  /** A command that says when it is called, but for what may be done with any image. */
  private void notes(String name, String harmless, String real) throws Exception {
    Services.script(
        commands.resolve(name),
        "#!/bin/sh",
        harmless + " || echo " + name + " >> '" + folder + "/called'",
        "exec '" + real + "' \"$@\"");
  }

  private List<String> called() throws Exception {
    Path called = folder.resolve("called");
    return Files.exists(called) ? Files.readAllLines(called) : List.of();
  }

  private Image taken(String... options) throws Exception {
    Path own = Files.createDirectory(folder.resolve("own"));
    file = Files.writeString(own.resolve("read"), "text");
    Path image = folder.resolve("image");
    try (RunningProcess original =
        Services.command(image, "-Djava.io.tmpdir=" + own, "-Dcrac.image-key=" + key)
            .options(options)
            .by("sh", "-c", "exec \"$@\" 7< '%s'".formatted(file), "starter")
            .start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      Services.checkpoint(original);
    }
    Files.delete(file);
    return new Image(image);
  }

  private RunningProcess launch(Image image, String... options) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(launcher.toString(), "--key", key.toString(), image.folder().toString()));
    command.addAll(List.of(options));
    return RunningProcess.start(
        command,
        Map.of(
            "TMPDIR", folder.toString(),
            "PATH", commands + ":" + System.getenv("PATH"),
            "CRAC_CRIU", commands.resolve("criu").toString()),
        folder,
        "launched");
  }

  private void isRefused(Image image, String changed, String... options) throws Exception {
    flip(image.folder().resolve(changed));
    boolean isThere = Files.exists(file);
    Files.deleteIfExists(folder.resolve("called"));
    try (RunningProcess restore = launch(image, options)) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.output()).isEmpty();
      assertThat(restore.error())
          .containsAnyOf(
              "was changed since it was signed: " + changed + " is not as it was written",
              "is damaged: its copy of " + file + " is not as it was written");
    }
    assertThat(called()).isEmpty();
    assertThat(Files.exists(file)).isEqualTo(isThere);
    flip(image.folder().resolve(changed));
  }

  private void restores(Image image, String... options) throws Exception {
    try (RunningProcess service = launch(image, options)) {
      service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      assertThat(file).hasContent("text");
      end(service);
    }
  }

  private static void flip(Path file) throws Exception {
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.seek(access.length() / 2);
      int value = access.read();
      access.seek(access.length() / 2);
      access.write(~value);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("CRIU sees no list, and nothing is put back in its place")
  void lists() throws Exception {
    Image image = taken();
    for (String one :
        List.of("criu/pstree.img", "criu/files.img", "manifest.json", "perfdata", "copies/1")) {
      isRefused(image, one);
    }
    isRefused(image, "criu/pstree.img", "--clone");
    Path added = Files.writeString(image.folder().resolve("criu/added.img"), "added");
    try (RunningProcess restore = launch(image)) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error())
          .contains("was changed since it was signed: a file was added to " + image.folder());
    }
    assertThat(called()).isEmpty();
    Files.delete(added);
    restores(image);
    assertThat(called()).containsExactly("criu");
    // Now the file is there, and nothing is to be put back.
    isRefused(image, "criu/pstree.img");
    isRefused(image, "criu/files.img", "--clone");
  }

  @ParameterizedTest
  @CsvSource({"encrypted, ''", "encrypted, --clone", "manifest.json, ''", "manifest.json, --clone"})
  @DisplayName("nothing is decrypted")
  void encrypted(String changed, String option) throws Exception {
    Image image = taken("-Dcrac.image-encryption=openssl:" + passphrase);
    List<String> options = new ArrayList<>(List.of("--identity", passphrase.toString()));
    if (!option.isEmpty()) {
      options.add(option);
    }
    isRefused(image, changed, options.toArray(String[]::new));
    restores(image, options.toArray(String[]::new));
    assertThat(called()).contains("openssl", "criu");
    isRefused(image, changed, options.toArray(String[]::new));
  }
}
