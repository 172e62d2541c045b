/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.RandomKills.within;
import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
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
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Beside {@link KilledCheckpointIT}, whose moments are chosen. */
@RequiresCriu
@Tag("soak")
@DisplayName("A checkpoint in which kill -9 ends, at a random moment,")
class RandomlyKilledCheckpointIT {

  private static final RandomKills KILLS = new RandomKills();

  /** Where CRIU's code in the JVM goes on without CRIU: SIGTRAP, SIGABRT, SIGBUS, SIGSEGV. */
  private static final List<Integer> CRASHES = List.of(128 + 5, 128 + 6, 128 + 7, 128 + 11);

  @TempDir private static Path shared;
  private static Path older;

  @TempDir Path folder;
  private Path image;
  private long killed;
  private boolean crashed;

  /** Who is killed, and what the process says if it goes on. */
  enum Victim implements RandomKills.Victim {
    JVM,
    CRIU,
    SCRIPT,
    GUARD,
    BOTH_SCRIPTS,
    EVERYTHING;

    @Override
    public List<Long> among(Processes now, Path image, long service) {
      return switch (this) {
        case JVM -> now.first(one -> one.pid() == service);
        case CRIU -> now.first(one -> one.names("/criu") && one.words().contains("--tree"));
        case SCRIPT -> script(now, image);
        case GUARD -> guard(now, image);
        case BOTH_SCRIPTS ->
            Stream.of(script(now, image), guard(now, image)).flatMap(List::stream).toList();
        case EVERYTHING ->
            now.all().stream()
                .filter(one -> one.names(image) || one.pid() == service)
                .map(Processes.One::pid)
                .toList();
      };
    }

    /** It leads a session, and what it forks does not. */
    private static List<Long> script(Processes now, Path image) {
      return now.first(
          one ->
              one.pid() == one.session()
                  && one.words().size() > 1
                  && one.words().get(1).startsWith(image.toString())
                  && one.words().get(1).endsWith("/dump.sh"));
    }

    private static List<Long> guard(Processes now, Path image) {
      try {
        for (String name : names(image)) {
          Path scripts = image.resolve(name).resolve("scripts");
          String[] pids = Files.exists(scripts) ? Files.readString(scripts).split("\\s+") : null;
          if (pids != null && pids.length == 2) {
            return now.first(one -> one.pid() == Long.parseLong(pids[1]));
          }
        }
      } catch (IOException e) {
        return List.of(); // it has gone into place
      }
      return List.of();
    }
  }

  @BeforeAll
  static void howLongEachLives() throws Exception {
    older = Services.checkpointed(shared).folder();
    Path image = Files.createDirectory(shared.resolve("undisturbed"));
    for (int run = 0; run < RandomKills.UNDISTURBED; run++) {
      try (RunningProcess service = service(image, shared)) {
        KILLS.measure(
            EnumSet.allOf(Victim.class),
            image,
            service.pid(),
            () -> {
              checkpoint(service);
              return null;
            });
      }
    }
  }

  static Stream<Arguments> each() {
    return RandomKills.each(Victim.values());
  }

  private static RunningProcess service(Path image, Path folder) throws Exception {
    RunningProcess service =
        Services.command(image)
            // Where it crashes: a report may hang in each of its steps, and takes up to 120 s then.
            .options("-XX:ErrorLogTimeout=8", "-XX:ErrorFile=" + folder.resolve("hs_err"))
            .property("java.io.tmpdir", folder)
            .environment("TMPDIR", folder.toString())
            .start(folder, "service");
    service.awaitLine("ready");
    ask(service, "add 7", "sum=7");
    return service;
  }

  @ParameterizedTest(name = "{0}, turn {1}")
  @MethodSource("each")
  @DisplayName("loses no image, leaves nothing behind, and lets nobody wait:")
  void killed(Victim victim, int turn) throws Exception {
    image = folder.resolve("image");
    Services.copy(older, image);
    Set<String> before = Set.copyOf(names(Path.of("/tmp")));
    List<String> mounts = Files.readAllLines(Path.of("/proc/self/mountinfo"));
    String said;
    String expected;
    try (RunningProcess service = service(image, folder)) {
      service.send("checkpoint");
      said = KILLS.kill(victim, turn, image, service.pid(), () -> !service.isAlive());
      within(said, folder, () -> !service.isAlive() || answer(service).isPresent());
      expected = outcome(said, victim, service);
      killed = victim == Victim.JVM ? service.pid() : 0;
    }
    within(said + ": nobody is left", folder, () -> processes().isEmpty());
    boolean mayBeLeft =
        victim == Victim.EVERYTHING || victim == Victim.BOTH_SCRIPTS || wasAlone(victim);
    if (!mayBeLeft) {
      isClean(said);
      assertThat(names(Path.of("/tmp")))
          .as(said)
          .filteredOn(this::isOurs)
          .allMatch(before::contains);
    }
    assertThat(names(folder)).as(said).noneMatch(name -> name.startsWith("crac-"));
    assertThat(Files.readAllLines(Path.of("/proc/self/mountinfo"))).as(said).isEqualTo(mounts);
    oneImageIsWhole(said, expected);
    if (mayBeLeft) {
      try (RunningProcess last =
          restored(new Image(image), folder, "last", "-Dcrac.image=" + image)) {
        checkpoint(last); // removes what was no image's
      }
      isClean(said);
    }
  }

  private void isClean(String said) throws IOException {
    if (!names(image).equals(Image.NAMES)) {
      throw new AssertionError(said + ": something is left" + Processes.describe(folder));
    }
  }

  /** Whether there was nobody but the JVM yet. */
  private boolean wasAlone(Victim victim) throws IOException {
    for (String name : victim == Victim.JVM ? names(image) : List.<String>of()) {
      if (name.startsWith(".probe-")
          || name.startsWith(".new-") && Files.notExists(image.resolve(name).resolve("scripts"))) {
        return true;
      }
    }
    return false;
  }

  private boolean isOurs(String name) {
    // No JVM that crashes or is killed removes its socket: see KilledEarlyIT.
    return name.startsWith("crac-")
        || !crashed && name.startsWith(".java_pid") && !name.equals(".java_pid" + killed);
  }

  private static Optional<String> answer(RunningProcess service) {
    try {
      return service.output().lines().filter(line -> line.startsWith("refused ")).findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A pattern of the sums that the image may come back with. */
  private String outcome(String said, Victim victim, RunningProcess service) throws Exception {
    Optional<String> answer = answer(service);
    if (answer.isEmpty()) {
      int status = service.awaitExit();
      if (victim == Victim.CRIU && hasCrashed(said, status)) {
        return "42";
      }
      assertThat(status).as(said + service.told()).isEqualTo(137);
      return victim == Victim.JVM || victim == Victim.EVERYTHING ? "42|8" : "8";
    }
    System.out.println(said + ": " + answer.get());
    assertThat(answer.get())
        .as(said)
        .containsPattern(
            switch (victim) {
              case CRIU -> "criu dump was .*killed|criu dump ended with|does not work on kernel";
              case SCRIPT -> "the dump script was killed";
              case BOTH_SCRIPTS -> "the dump script.* killed|dump was killed while"; // by its watch
              default -> "nobody but these may go on";
            });
    service.send("add 1");
    Optional<String> sum = service.awaitLineOrExit("sum=8");
    if (victim == Victim.CRIU && sum.isEmpty() && hasCrashed(said, service.awaitExit())) {
      return "42";
    }
    assertThat(sum).as(said + service.told()).contains("sum=8");
    assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
    assertThat(ask(service, "state", "state")).as(said).contains("own=8");
    end(service);
    return victim == Victim.BOTH_SCRIPTS ? "42|8" : "42";
  }

  private boolean hasCrashed(String said, int status) {
    System.out.println(said + ": the JVM ended with " + status);
    crashed = CRASHES.contains(status);
    return crashed;
  }

  private List<Processes.One> processes() {
    return Processes.now().all().stream()
        .filter(one -> one.isStarting() || one.names(folder))
        .toList();
  }

  private void oneImageIsWhole(String said, String expected) throws Exception {
    try (RunningProcess check =
        RunningProcess.start(
            List.of(image.resolve("restore").toString(), "--check"), Map.of(), folder, "check")) {
      assertThat(check.awaitExit()).as(said + check.told()).isZero();
    }
    try (RunningProcess service = restored(new Image(image), folder, "one")) {
      assertThat(ask(service, "add 1", "sum=")).as(said).matches("sum=(" + expected + ")");
      assertThat(ask(service, "state", "state")).as(said).containsPattern("own=(" + expected + ")");
      end(service);
    }
  }
}
