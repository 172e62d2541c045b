/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("Where no image can be restored, a service")
class ColdStartIT {

  private static final String[] COLD = {
    "--else",
    "sh",
    "-c",
    "echo cold; echo \"$*\"; echo ${LC_ALL-none}; umask; cat; exit 7",
    "sh",
    "two words",
    "it's"
  };
  private static final String ANSWER = "cold\ntwo words it's\nen_US.UTF-8\n0022\nfrom stdin\n";

  @TempDir Path folder;
  private Image image;

  @BeforeEach
  void anImage() throws Exception {
    image = Services.checkpointed(folder);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  /** One line of why, and the command in the place of the restore, with all that this had. */
  private void startsCold(RunningProcess restore, String why) throws Exception {
    restore.send("from stdin");
    restore.closeInput();
    assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(7);
    assertThat(restore.output()).isEqualTo(ANSWER);
    assertThat(restore.error().lines().filter(line -> line.contains("starting cold")))
        .singleElement()
        .asString()
        .contains(why);
  }

  private RunningProcess restore(String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of(options));
    words.addAll(List.of(COLD));
    return image
        .restore(words.toArray(String[]::new))
        .environment("LC_ALL", "en_US.UTF-8")
        .by("sh", "-c", "umask 022; exec \"$@\"", "sh")
        .start(folder, "restore");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--keep-env", "--clone"})
  @DisplayName("is started cold when the image is damaged, which is found while CRIU works, by")
  void damaged(String option) throws Exception {
    Path pages = image.folder().resolve("criu/pages-1.img");
    byte[] bytes = Files.readAllBytes(pages);
    bytes[bytes.length / 2] ^= 1;
    Files.write(pages, bytes);
    try (RunningProcess restore = restore(option)) {
      startsCold(
          restore,
          option.equals("--clone")
              ? "the clone could not be restored, for the reason given above"
              : "is damaged: criu/pages-1.img is not as it was written; take a new checkpoint");
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("is started cold when the image does not fit")
  void unfit() throws Exception {
    image.edit(text -> text.replace("machine='x86_64'", "machine='riscv64'"));
    try (RunningProcess restore = restore()) {
      startsCold(restore, "cannot be restored here: - this machine is x86_64: the image needs");
    }
  }

  @Test
  @DisplayName("is restored when there is one all the same")
  void fit() throws Exception {
    try (RunningProcess service = restored(image, folder, "restored", COLD)) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      service.send("exit 125");
      assertThat(service.awaitExit()).isEqualTo(125);
    }
  }

  @Test
  @DisplayName("is restored from the image that was taken for this JDK and CPU")
  void labelled() throws Exception {
    Path launcher = Services.script(folder.resolve("launcher"), RestoreScript.launcher());
    Path images = folder.resolve("app@");
    try (RunningProcess service = Services.command(images).start(folder, "labelled")) {
      service.awaitLine("ready");
      ask(service, "add 5", "sum=5");
      Services.checkpoint(service);
    }
    assertThat(Services.names(folder)).anyMatch(name -> name.matches("app@\\d+-[a-z0-9_-]+"));
    try (RunningProcess service =
        RunningProcess.start(
            List.of(launcher.toString(), images.toString()),
            Map.of("TMPDIR", folder.toString()),
            folder,
            "best")) {
      service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=6");
      end(service);
    }
  }

  @Test
  @DisplayName("is restored from the best of several, which alone fits")
  void bestOfSeveral() throws Exception {
    Path launcher = Services.script(folder.resolve("launcher"), RestoreScript.launcher());
    for (String one : List.of("17-x86-64-v3", "17-x86-64-v4", "25-x86-64-v2")) {
      Image copy = new Image(folder.resolve("several@" + one));
      Services.copy(image.folder(), copy.folder());
      if (!one.equals("17-x86-64-v3")) {
        copy.edit(text -> text.replace("\ncpu='", "\ncpu='" + one + "-only "));
      }
    }
    List<String> command =
        new ArrayList<>(List.of(launcher.toString(), folder.resolve("several@").toString()));
    command.addAll(List.of(COLD));
    Map<String, String> environment = Map.of("TMPDIR", folder.toString(), "LC_ALL", "en_US.UTF-8");
    try (RunningProcess service = RunningProcess.start(command, environment, folder, "best")) {
      service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
    Files.move(folder.resolve("several@17-x86-64-v3"), folder.resolve("away"));
    try (RunningProcess cold = RunningProcess.start(command, environment, folder, "cold")) {
      startsCold(cold, "this CPU lacks 25-x86-64-v2-only");
    }
    command.set(1, folder.resolve("nothing@").toString());
    try (RunningProcess cold = RunningProcess.start(command, environment, folder, "none")) {
      startsCold(cold, "there is none");
    }
  }
}
