/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.image.ImageFolder;
import dev.cracadapters.criu.restore.RestoreScript;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("soak")
@RequiresCriu
@DisplayName("Of several images the best, where it is damaged,")
class BestImageIT {

  @TempDir static Path folder;
  private static Path launcher;
  private static Path best;
  private static Path whole;

  @BeforeAll
  static void twoImages() throws Exception {
    launcher = Services.script(folder.resolve("launcher"), RestoreScript.launcher());
    whole = Services.checkpointed(folder).folder();
    best = folder.resolve("app@17-x86-64-v4");
    Services.copy(whole, folder.resolve("app@17-x86-64-v3"));
  }

  @BeforeEach
  void theBest() throws Exception {
    Services.copy(whole, best);
  }

  @AfterEach
  void removeIt() {
    ImageFolder.discard(best);
  }

  @AfterAll
  static void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private static RunningProcess launch(String... options) throws Exception {
    List<String> command =
        new ArrayList<>(List.of(launcher.toString(), folder.resolve("app@").toString()));
    command.addAll(List.of(options));
    return RunningProcess.start(command, Map.of("TMPDIR", folder.toString()), folder, "launched");
  }

  private static String restored(String... options) throws Exception {
    try (RunningProcess service = launch(options)) {
      String line = service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
      return line.replaceAll(".* image=(\\S+) .*", "$1") + "\n" + service.error();
    }
  }

  @Tag("essential")
  @ParameterizedTest
  @CsvSource({
    "printf X | dd of=criu/pstree.img bs=1 seek=3 conv=notrunc, criu/pstree.img is not as it was written",
    "truncate -s -1 criu/pages-1.img, criu/pages-1.img is not as it was written",
    "rm criu/pages-1.img, criu/pages-1.img is missing",
    "rm manifest.json, manifest.json is missing",
    ": > criu/more.img, a file was added to",
    "printf '\\n' >> restore, 'restore is not as it was written, or SHA256SUMS'",
    "rm SHA256SUMS, 'SHA256SUMS is missing, or cannot be read'",
    "chmod 666 criu/pstree.img, may be written by everybody"
  })
  @DisplayName("is passed over, in one line, for the next that fits, where that is seen by a look")
  void passedOver(String damage, String said) throws Exception {
    try (RunningProcess sh =
        RunningProcess.start(
            List.of("sh", "-c", "cd \"$1\" && { " + damage + "; } 2> /dev/null", "sh", best + ""),
            Map.of(),
            folder,
            "damage")) {
      assertThat(sh.awaitExit()).as(sh.told()).isZero();
    }
    for (String[] options : List.of(new String[0], new String[] {"--else", "false"})) {
      String[] found = restored(options).split("\n", 2);
      assertThat(found[0]).isEqualTo(folder + "/app@17-x86-64-v3");
      assertThat(found[1].lines())
          .singleElement()
          .asString()
          .startsWith("crac-restore: passing over ")
          .contains(best.toString())
          .contains(said);
    }
  }

  @Test
  @DisplayName("is taken where it is whole, and refused where only its pages tell")
  void pages() throws Exception {
    assertThat(restored()).isEqualTo(best + "\n");
    Path pages = best.resolve("criu/pages-1.img");
    byte[] bytes = Files.readAllBytes(pages);
    bytes[bytes.length / 2] ^= 1;
    Files.write(pages, bytes);
    try (RunningProcess refused = launch()) {
      assertThat(refused.awaitExit()).as(refused.told()).isEqualTo(125);
      assertThat(refused.error()).contains("criu/pages-1.img is not as it was written");
      assertThat(refused.output()).isEmpty();
    }
  }
}
