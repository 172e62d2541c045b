/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.Processes;
import dev.cracadapters.criu.testing.Processes.One;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("While a new image is tried, kill -9 of")
class KilledTrialIT {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;

  /** A CRIU whose restores wait, once they have begun, until a file is gone. */
  private Path waiting(Path begun, Path wait) throws Exception {
    return WorkingCriu.here()
        .except(
            folder.resolve("criu"),
            "restore",
            "[ ! -e '" + wait + "' ] || true > '" + begun + "'",
            "while [ -e '" + wait + "' ]; do sleep 0.02; done");
  }

  private List<Long> victims(String victim, RunningProcess service, Path image) throws Exception {
    Predicate<One> trial = one -> one.names("--trial");
    return switch (victim) {
      case "the JVM" -> List.of(service.pid());
      case "the dump script" -> List.of(scripts(image)[0]);
      case "the guard" -> List.of(scripts(image)[1]);
      case "both scripts" -> List.of(scripts(image)[0], scripts(image)[1]);
      case "CRIU, which dumps" ->
          Processes.now().all().stream()
              .filter(one -> one.names("--ghost-limit"))
              .map(One::pid)
              .toList();
      case "the outer script" -> Processes.now().first(trial.and(one -> !one.names("--inside")));
      case "the inner script" ->
          Processes.now().first(trial.and(one -> one.runs(image(image) + "/restore", "--inside")));
      case "CRIU, which restores" ->
          Processes.now().all().stream()
              .filter(one -> one.names("--leave-stopped"))
              .map(One::pid)
              .toList();
      case "all of the trial" ->
          Processes.now().all().stream()
              .filter(trial.or(one -> one.names("--leave-stopped")))
              .map(One::pid)
              .toList();
      default -> throw new IllegalArgumentException(victim);
    };
  }

  private static String image(Path image) {
    try {
      return image.resolve(staging(image)).toString();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static String staging(Path image) throws Exception {
    return Services.names(image).stream()
        .filter(name -> name.startsWith(".new-"))
        .findFirst()
        .orElseThrow();
  }

  private static Long[] scripts(Path image) throws Exception {
    String[] words =
        Files.readString(image.resolve(staging(image)).resolve("scripts")).strip().split(" ");
    return new Long[] {Long.valueOf(words[0]), Long.valueOf(words[1])};
  }

  /** All of them: "refused" where the process serves on, "taken" where the image is the new one. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "the JVM",
        "the dump script",
        "the guard",
        "both scripts",
        "CRIU, which dumps",
        "the outer script",
        "the inner script",
        "CRIU, which restores",
        "all of the trial"
      })
  @DisplayName("loses no image, and leaves no process stopped, and none of the trial:")
  void killed(String victim) throws Exception {
    Path image = Services.checkpointed(folder).folder();
    Path wait = Files.createFile(folder.resolve("wait"));
    Path begun = folder.resolve("begun");
    String sum;
    try (RunningProcess service =
        Services.command(image, "-Dcrac.verify=auto")
            .environment("TMPDIR", folder.toString())
            .property("crac.criu", waiting(begun, wait))
            .start(folder, "service")) {
      service.awaitLine("ready");
      ask(service, "add 7", "sum=7");
      service.send("checkpoint");
      assertThat(Deadline.after(LIMIT).await(() -> Files.exists(begun))).isTrue();
      List<Long> victims = victims(victim, service, image);
      assertThat(victims).isNotEmpty();
      for (long one : victims) {
        ProcessHandle.of(one).ifPresent(ProcessHandle::destroyForcibly); // or it went with another
      }
      Files.delete(wait);
      Optional<String> answer = service.awaitLineOrExit("refused");
      if (answer.isPresent()) {
        assertThat(answer.get()).contains("killed");
        ask(service, "add 1", "sum=8");
        assertThat(ask(service, "state", "state")).contains("calls=[-high, -low, +low, +high]");
        end(service);
        sum = "sum=42";
      } else {
        assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
        sum = "sum=8";
      }
    }
    assertThat(
            Deadline.after(LIMIT)
                .await(
                    () -> {
                      try {
                        return Services.names(image).equals(Image.NAMES);
                      } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                      }
                    }))
        .as(victim + Services.names(image))
        .isTrue();
    Services.assertNothingLeft(folder);
    assertThat(sum).isEqualTo(expected(victim));
    try (RunningProcess service = restored(new Image(image), folder, "restored")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo(sum);
      end(service);
    }
    Services.assertNothingLeft(folder);
  }

  private static String expected(String victim) {
    return switch (victim) {
      case "the dump script", "both scripts", "CRIU, which dumps" -> "sum=42";
      default -> "sum=8"; // the trial tells nothing then, and the image is whole
    };
  }
}
