/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As often as the system property crac.test.turns says. */
@RequiresCriu
@DisplayName("Done again and again")
@Tag("soak")
class RepeatedIT {

  private static final int TURNS = Integer.getInteger("crac.test.turns", 20);

  /** By then the JVM has loaded and compiled what it needs. */
  private static final int WARM = Math.max(5, TURNS / 4);

  private static final Duration LIMIT = Duration.ofMinutes(1);

  @TempDir Path folder;

  /** What a process and its image folder hold. */
  private record Held(int descriptors, int threads, long rssKib, List<String> files) {

    static Held by(long pid, Path folder) throws IOException {
      Path process = Path.of("/proc/" + pid);
      long rss =
          Files.readAllLines(process.resolve("status")).stream()
              .filter(line -> line.startsWith("VmRSS:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .sum();
      return new Held(
          count(process.resolve("fd")), count(process.resolve("task")), rss, all(folder));
    }

    private static int count(Path folder) throws IOException {
      try (Stream<Path> entries = Files.list(folder)) {
        return (int) entries.count();
      }
    }

    static List<String> all(Path folder) throws IOException {
      try (Stream<Path> entries = Files.walk(folder)) {
        // CRIU names files after threads, of which the JVM starts and ends some.
        return entries
            .map(one -> one.toString().replaceAll("core-\\d+", "core-N"))
            .distinct()
            .sorted()
            .toList();
      }
    }
  }

  @Test
  @DisplayName(
      "checkpoints that leave a process running let nothing grow: descriptors, threads, memory,"
          + " files")
  void checkpoints() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess service = Services.command(image).start(folder, "service")) {
      service.awaitLine("ready");
      Held warm = null;
      for (int turn = 1; turn <= TURNS; turn++) {
        int until = turn;
        service.send("image " + image);
        Deadline.after(LIMIT).await(() -> imaged(service) == until);
        assertThat(imaged(service)).as(service.told()).isEqualTo(turn);
        if (turn == WARM) {
          warm = Held.by(service.pid(), folder);
        }
      }
      Held last = Held.by(service.pid(), folder);
      System.out.printf(
          "%d checkpoints left running: %s, then %s%n", TURNS, brief(warm), brief(last));
      assertThat(last.descriptors()).isEqualTo(warm.descriptors());
      assertThat(last.threads()).isLessThanOrEqualTo(warm.threads() + 2);
      assertThat(last.rssKib()).isLessThan(warm.rssKib() * 11 / 10 + (8 << 10));
      assertThat(last.files()).isEqualTo(warm.files());
      end(service);
    }
  }

  @Test
  @DisplayName("restores of one image leave it and the machine as they were")
  void restores() throws Exception {
    Image image = Services.checkpointed(folder);
    Files.delete(folder.resolve("original.out"));
    List<Held> held = new ArrayList<>();
    List<String> instances = new ArrayList<>();
    int mounts = Files.readAllLines(Path.of("/proc/self/mountinfo")).size();
    for (int turn = 1; turn <= TURNS; turn++) {
      try (RunningProcess service = restored(image, folder, "restored")) {
        instances.add(service.awaitLine("restored ").replaceAll(".*instance=(\\S+).*", "$1"));
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
        // The process may answer before the script has cleared away what it needed for the restore.
        Deadline.after(LIMIT).await(this::hasNoTemporaryFolder);
        held.add(Held.by(image.pid(), folder));
        end(service);
      }
    }
    Held first = held.get(WARM - 1);
    Held last = held.get(TURNS - 1);
    System.out.printf("%d restores of one image: %s, then %s%n", TURNS, brief(first), brief(last));
    assertThat(instances).doesNotHaveDuplicates();
    assertThat(last.descriptors()).isEqualTo(first.descriptors());
    assertThat(last.threads()).isLessThanOrEqualTo(first.threads() + 2);
    assertThat(last.rssKib()).isLessThan(first.rssKib() * 11 / 10 + (8 << 10));
    assertThat(last.files()).isEqualTo(first.files());
    assertThat(Files.readAllLines(Path.of("/proc/self/mountinfo"))).hasSize(mounts);
    Services.assertNothingLeft(folder);
  }

  private boolean hasNoTemporaryFolder() {
    try {
      return Services.names(folder).stream().noneMatch(name -> name.startsWith("crac-restore"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long imaged(RunningProcess service) {
    try {
      return service.output().lines().filter(line -> line.startsWith("imaged ")).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String brief(Held held) {
    return "%d descriptors, %d threads, %d MB, %d files"
        .formatted(held.descriptors(), held.threads(), held.rssKib() >> 10, held.files().size());
  }
}
