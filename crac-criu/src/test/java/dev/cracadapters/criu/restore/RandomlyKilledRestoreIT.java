/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.RandomKills.within;
import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.names;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.Processes;
import dev.cracadapters.criu.testing.RandomKills;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Beside {@link KilledRestoreIT}, whose moments are chosen. */
@RequiresCriu
@Tag("soak")
@DisplayName("A restore in which kill -9 ends, at a random moment,")
class RandomlyKilledRestoreIT {

  private static final RandomKills PLAIN = new RandomKills();
  private static final RandomKills CLONE = new RandomKills();

  /** The kernel's own counters are HotSpot's: here a restore has them until they are in place. */
  private static final Path COUNTERS = Path.of("/tmp/hsperfdata_root");

  @TempDir private static Path shared;
  private static Image image;
  private static long pid;

  @TempDir Path folder;

  /** Who is killed. */
  enum Victim implements RandomKills.Victim {
    SCRIPT,
    CRIU,
    JVM,
    CLONES_OUTER_SCRIPT,
    CLONES_INNER_SCRIPT,
    CLONES_CRIU,
    CLONES_JVM;

    boolean inClone() {
      return ordinal() >= CLONES_OUTER_SCRIPT.ordinal();
    }

    @Override
    public List<Long> among(Processes now, Path image, long service) {
      return switch (this) {
        case SCRIPT, CLONES_OUTER_SCRIPT -> now.first(one -> one.pid() == service);
        case CLONES_INNER_SCRIPT ->
            now.first(one -> one.runs(image.resolve("restore"), "--inside"));
        case CRIU, CLONES_CRIU -> criu(now);
        case JVM -> now.first(one -> one.pid() == pid);
        case CLONES_JVM -> now.first(one -> criu(now).contains(one.parent()) || isRestored(one));
      };
    }

    private static List<Long> criu(Processes now) {
      return now.first(one -> one.names("/criu") && one.words().contains("--leave-stopped"));
    }

    private static boolean isRestored(Processes.One one) {
      return one.names("CommandedService") && one.pid() != pid;
    }
  }

  @BeforeAll
  static void howLongEachLives() throws Exception {
    image = Services.checkpointed(shared);
    pid = image.pid();
    measure(PLAIN, List.of(Victim.SCRIPT, Victim.CRIU, Victim.JVM));
    measure(
        CLONE,
        List.of(
            Victim.CLONES_OUTER_SCRIPT,
            Victim.CLONES_INNER_SCRIPT,
            Victim.CLONES_CRIU,
            Victim.CLONES_JVM),
        "--clone");
  }

  private static void measure(RandomKills kills, List<Victim> victims, String... options)
      throws Exception {
    for (int run = 0; run < RandomKills.UNDISTURBED; run++) {
      try (RunningProcess service = image.restore(options).start(shared, "undisturbed")) {
        kills.measure(victims, image.folder(), service.pid(), () -> service.awaitLine("restored "));
        end(service);
      }
    }
  }

  static Stream<Arguments> each() {
    return RandomKills.each(Victim.values());
  }

  @ParameterizedTest(name = "{0}, turn {1}")
  @MethodSource("each")
  @DisplayName("leaves nothing behind, and lets nobody wait:")
  void killed(Victim victim, int turn) throws Exception {
    String[] options = victim.inClone() ? new String[] {"--clone"} : new String[0];
    Set<String> before = Set.copyOf(names(Path.of("/tmp")));
    List<String> mounts = Files.readAllLines(Path.of("/proc/self/mountinfo"));
    String said;
    try (RunningProcess service = image.restore(options).start(folder, "killed")) {
      said =
          (victim.inClone() ? CLONE : PLAIN)
              .kill(victim, turn, image.folder(), service.pid(), () -> isOver(service));
      within(said, folder, () -> isOver(service));
      boolean serves = service.isAlive() && said.endsWith("[]");
      if (serves || service.isAlive() && servesOn(victim)) {
        assertThat(ask(service, "add 1", "sum=")).as(said).isEqualTo("sum=42");
        service.send("exit 0");
      }
      within(said + ": it ends", folder, () -> !service.isAlive());
      outcome(said, victim, service);
    }
    within(said + ": nobody is left", folder, () -> processes().isEmpty());
    nothingIsLeft(said, victim);
    assertThat(Files.readAllLines(Path.of("/proc/self/mountinfo"))).as(said).isEqualTo(mounts);
    String[] kind = victim == Victim.CLONES_OUTER_SCRIPT ? options : new String[0];
    try (RunningProcess next = restored(image, folder, "next", kind)) {
      assertThat(ask(next, "add 1", "sum=")).as(said).isEqualTo("sum=42");
      within(said + ": what was left is removed", folder, () -> left().size() == kind.length);
      end(next);
    }
    assertThat(left()).as(said).isEmpty();
    assertThat(names(Path.of("/tmp")))
        .as(said)
        .filteredOn(name -> name.startsWith("crac-") || name.startsWith(".java_pid"))
        .allMatch(before::contains);
  }

  private static boolean isOver(RunningProcess service) {
    try {
      return !service.isAlive() || service.output().contains("restored ");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** CRIU may be killed when it is through with the process. */
  private static boolean servesOn(Victim victim) {
    return victim == Victim.CRIU || victim == Victim.CLONES_CRIU;
  }

  private static void outcome(String said, Victim victim, RunningProcess service) throws Exception {
    int status = service.awaitExit();
    System.out.println(said + ": status " + status + " " + service.error().strip());
    List<Integer> expected =
        said.endsWith("[]")
            ? List.of(0)
            : switch (victim) {
              case SCRIPT, CLONES_OUTER_SCRIPT, CLONES_INNER_SCRIPT -> List.of(137);
              case JVM, CLONES_JVM -> List.of(125, 137);
              case CRIU, CLONES_CRIU -> List.of(0, 125);
            };
    assertThat(expected).as(said + service.told()).contains(status);
    if (status == 125) {
      assertThat(service.error()).as(said).contains("restore: ");
    }
  }

  private List<Processes.One> processes() {
    return Processes.now().all().stream()
        .filter(
            one -> one.isStarting() || one.names(folder) || one.names(shared) || one.pid() == pid)
        .toList();
  }

  private List<String> left() {
    try {
      return Stream.concat(
              names(folder).stream().filter(name -> name.startsWith("crac-")),
              names(COUNTERS).stream().filter(name -> name.startsWith("restore-")))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A restore that had not started CRIU yet, or the clone, leaves its folders to a later one of its
   * kind, for a minute.
   */
  private void nothingIsLeft(String said, Victim victim) throws Exception {
    if (victim == Victim.SCRIPT || victim == Victim.CLONES_OUTER_SCRIPT) {
      for (String name : left()) {
        Path one = (name.startsWith("crac-") ? folder : COUNTERS).resolve(name);
        assertThat(one.resolve("restore.log")).as(said).doesNotExist();
        assertThat(one.resolve("kept")).as(said).doesNotExist();
        Files.setLastModifiedTime(one, FileTime.from(Instant.now().minusSeconds(120)));
      }
    } else {
      assertThat(left()).as(said).isEmpty();
    }
  }
}
