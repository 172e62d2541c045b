/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.environment;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("A restored process lives in the environment of its restore:")
class RestoreEnvironmentIT {

  /** All the ways to an environment variable. */
  private static final List<String> WAYS =
      List.of("getenv", "held", "held-views", "builder", "child", "child-with-environment", "told");

  private static final String AWKWARD =
      "two words, \"quoted\" it's $HOME `id` \\ * = é\n and a line ";

  @TempDir static Path folder;
  private static Image image;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    Path target = folder.resolve("image");
    try (RunningProcess original = command(target).start(folder, "original")) {
      original.awaitLine("ready");
      assertEverywhere(original, "GIVEN", "to the original", WAYS.subList(0, 6));
      checkpoint(original);
    }
    image = new Image(target);
  }

  private static JvmCommand command(Path target, String... options) {
    return JvmCommand.ofMainClass(EnvironmentService.class.getName())
        .without("logback")
        .options("-Xmx256m", "-Dgiven=to the original")
        .options(options)
        .image(target)
        .environment("GIVEN", "to the original")
        .environment("KEPT", "from the original")
        .environment("LC_ALL", "C.UTF-8");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private static RunningProcess started(Image.Restore restore, String name) throws Exception {
    RunningProcess service = restore.environment("LC_ALL", "C.UTF-8").start(folder, name);
    try {
      service.awaitLine("restored ");
      return service;
    } catch (AssertionError e) {
      service.close();
      throw e;
    }
  }

  private static void assertEverywhere(
      RunningProcess service, String name, String value, List<String> ways) throws Exception {
    for (String way : ways) {
      assertAnswer(service, way + " " + name, value);
    }
  }

  private static void assertAnswer(RunningProcess service, String question, String value)
      throws Exception {
    assertThat(ask(service, question, question + " "))
        .isEqualTo(question + " " + (value == null ? "none" : hex(value)));
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  @Tag("essential")
  @ParameterizedTest
  @ValueSource(strings = {"", "--clone"})
  @DisplayName("it has its caller's variables, whatever is in them, and none of the original's")
  void callers(String option) throws Exception {
    Image.Restore restore =
        image
            .restore(options(option))
            .environment("GIVEN", "to the restore")
            .environment("AWKWARD", AWKWARD)
            .environment("EMPTY", "")
            .environment("not.an-identifier", "a=b=c");
    try (RunningProcess service = started(restore, "callers" + option)) {
      assertEverywhere(service, "GIVEN", "to the restore", WAYS);
      assertEverywhere(service, "AWKWARD", AWKWARD, WAYS);
      assertEverywhere(service, "EMPTY", "", WAYS);
      assertEverywhere(service, "not.an-identifier", "a=b=c", WAYS);
      assertEverywhere(
          service, "LC_ALL", "C.UTF-8", WAYS); // which the script has changed for itself
      assertEverywhere(service, "KEPT", null, WAYS);
      end(service);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--clone"})
  @DisplayName("it has what options give and pick, beside what it kept")
  void options(String option, @TempDir Path elsewhere) throws Exception {
    Files.createFile(elsewhere.resolve("PICKED_1")); // a pattern must not become a file's name
    List<String> options = new ArrayList<>(List.of(options(option)));
    options.addAll(
        List.of(
            "--keep-env",
            "--env-from-caller",
            "PICKED_*",
            "--env-from-caller",
            "O?E",
            "-e",
            "AWKWARD=" + AWKWARD,
            "-e",
            "EMPTY=",
            "-e",
            "CALLERS",
            "-e",
            "PICKED_2=given",
            "-e",
            "TWICE=1",
            "-e",
            "TWICE=2",
            "-Dgiven=to the restore",
            "-Dawkward=" + AWKWARD,
            "-Dempty=",
            "-Dbare",
            "-Dequal=a=b"));
    Image.Restore restore =
        image
            .restore(options.toArray(String[]::new))
            .arguments("-e", "--keep-env", "-Dargument=1", AWKWARD, "")
            .by("sh", "-c", "cd '" + elsewhere + "' && exec \"$@\"", "caller")
            .environment("GIVEN", "to the restore")
            .environment("PICKED_1", "one")
            .environment("PICKED_2", "two")
            .environment("PICKED", "not")
            .environment("ONE", "1")
            .environment("NONE", "0")
            .environment("CALLERS", AWKWARD);
    try (RunningProcess service = started(restore, "options" + option)) {
      assertEverywhere(service, "GIVEN", "to the original", WAYS);
      assertEverywhere(service, "KEPT", "from the original", WAYS);
      assertEverywhere(service, "PICKED_1", "one", WAYS);
      assertEverywhere(service, "PICKED_2", "given", WAYS);
      assertEverywhere(service, "PICKED", null, WAYS);
      assertEverywhere(service, "ONE", "1", WAYS);
      assertEverywhere(service, "NONE", null, WAYS);
      assertEverywhere(service, "AWKWARD", AWKWARD, WAYS);
      assertEverywhere(service, "EMPTY", "", WAYS);
      assertEverywhere(service, "CALLERS", AWKWARD, WAYS);
      assertEverywhere(service, "TWICE", "2", WAYS);
      for (String way : List.of("property", "told-property")) {
        assertAnswer(service, way + " given", "to the restore");
        assertAnswer(service, way + " awkward", AWKWARD);
        assertAnswer(service, way + " empty", "");
        assertAnswer(service, way + " bare", "");
        assertAnswer(service, way + " equal", "a=b");
        assertAnswer(service, way + " argument", null);
      }
      List<String> arguments = List.of("-e", "--keep-env", "-Dargument=1", AWKWARD, "");
      for (int i = 0; i < arguments.size(); i++) {
        assertAnswer(service, "argument " + i, arguments.get(i));
      }
      assertThat(ask(service, "seen", "seen"))
          .isEqualTo("seen " + hex("to the original") + " " + hex("to the restore"));
      end(service);
    }
  }

  @Test
  @DisplayName("the first resource that comes back already sees it")
  void first() throws Exception {
    Image.Restore restore =
        image.restore("-Dgiven=to the restore").environment("GIVEN", "to the restore");
    try (RunningProcess service = started(restore, "first")) {
      assertThat(ask(service, "seen", "seen"))
          .isEqualTo("seen " + hex("to the restore") + " " + hex("to the restore"));
      end(service);
    }
  }

  @Test
  @DisplayName("values that are no text in any charset come through as their bytes")
  void bytes() throws Exception {
    Image.Restore restore =
        image
            .restore()
            .by(
                "sh",
                "-c",
                "BYTES=$(printf 'a\\377\\200b') && export BYTES && exec \"$@\"",
                "caller");
    try (RunningProcess service = started(restore, "bytes")) {
      for (String way : List.of("child", "child-with-environment")) {
        assertThat(ask(service, way + " BYTES", way + " BYTES "))
            .isEqualTo(way + " BYTES 61ff8062");
      }
      end(service);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--clone"})
  @DisplayName("thousands of variables")
  void thousands(String option) throws Exception {
    Image.Restore restore = image.restore(options(option));
    for (int i = 0; i < 3000; i++) {
      restore.environment("VARIABLE_" + i, "the value of number " + i);
    }
    try (RunningProcess service = started(restore, "thousands" + option)) {
      for (int i : new int[] {0, 1499, 2999}) {
        assertEverywhere(service, "VARIABLE_" + i, "the value of number " + i, WAYS);
      }
      String[] counts = ask(service, "count", "count").split(" ");
      assertThat(Integer.parseInt(counts[1])).isGreaterThan(3000);
      assertThat(counts[2]).isEqualTo(counts[1]);
      end(service);
    }
  }

  @Test
  @DisplayName("it keeps it when its next checkpoint is refused, and its next image has it")
  void next() throws Exception {
    Path target = folder.resolve("own");
    try (RunningProcess original = command(target).start(folder, "own-original")) {
      original.awaitLine("ready");
      checkpoint(original);
    }
    Image own = new Image(target);
    Path second = folder.resolve("second image");
    Image.Restore restore =
        own.restore(
            "-e", "GIVEN=to the restore", "-Dgiven=to the restore", "-Dcrac.image=" + second);
    try (RunningProcess service = started(restore, "next")) {
      Files.writeString(second, "a file in the way");
      assertThat(ask(service, "checkpoint", "refused")).contains(second.toString());
      assertEverywhere(service, "GIVEN", "to the restore", WAYS);
      assertAnswer(service, "property given", "to the restore");
      Files.delete(second);
      checkpoint(service);
    }
    Image next = new Image(second);
    try (RunningProcess service = started(next.restore("--keep-env", "-e", "NEW=1"), "kept")) {
      assertEverywhere(service, "GIVEN", "to the restore", WAYS);
      assertEverywhere(service, "NEW", "1", WAYS);
      assertAnswer(service, "property given", "to the restore");
      assertAnswer(service, "told-property given", null);
      end(service);
    }
  }

  private static String[] options(String option) {
    return Arrays.stream(option.split(" ")).filter(word -> !word.isEmpty()).toArray(String[]::new);
  }
}
