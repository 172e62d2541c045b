/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.ProcessView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A {@link LedgerService} in a process of its own, and its checkpoints by the pause engine. */
public final class PausingLedger implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  public interface Look {
    void at(ProcessView process) throws Exception;
  }

  private final Path pause;
  private final RunningProcess service;
  private final List<List<String>> threads = new ArrayList<>();
  private final List<List<String>> descriptors = new ArrayList<>();

  private PausingLedger(Path pause, RunningProcess service) {
    this.pause = pause;
    this.service = service;
  }

  public static PausingLedger start(
      Path folder, String url, String user, String password, String... options) throws Exception {
    Path pause = folder.resolve("pause");
    RunningProcess service =
        JvmCommand.ofMainClass(LedgerService.class.getName())
            .options("-Xmx256m")
            .property("crac.engine", "pause")
            .property("crac.pause.file", pause)
            .property("crac.audit", "strict")
            .options(options)
            .arguments(url, user, password)
            .start(folder, "service");
    PausingLedger ledger = new PausingLedger(pause, service);
    try {
      service.awaitLine("ready");
      return ledger;
    } catch (AssertionError e) {
      ledger.close();
      throw e;
    }
  }

  /** Lets every thread book twice, pauses, looks, and lets it go on. */
  public void pause(Look look) throws Exception {
    int turn = threads.size();
    service.send("work before " + turn);
    service.send("work twice before " + turn);
    service.send("checkpoint");
    boolean ended =
        Deadline.after(LIMIT).await(() -> Files.exists(pause) || isRefused() || !service.isAlive());
    assertThat(ended && Files.exists(pause)).as(service.told()).isTrue();
    look(look);
    if (turn % 10 == 0) {
      // Some pauses last, so that whatever would open a connection has its time.
      Deadlines.pass(Duration.ofMillis(150));
      look(look);
    }
    Files.delete(pause);
  }

  private boolean isRefused() {
    try {
      return service.output().contains("FAILED");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void look(Look look) throws Exception {
    ProcessView process = new ProcessView(service.pid());
    look.at(process);
    assertThat(process.sockets()).as(service.told()).isZero();
    threads.add(process.threads());
    descriptors.add(process.descriptors());
  }

  /** Has a checkpoint refused, and every thread book again after it. */
  public String refused() throws Exception {
    service.send("work before");
    service.send("checkpoint");
    String said = service.awaitLine("FAILED");
    service.send("work after");
    service.awaitLine("worked after");
    return said;
  }

  /** Ends it; each pause must have ended well. */
  public List<String> stop(int pauses) throws Exception {
    service.send("stop");
    assertThat(service.awaitExit()).as(service.told()).isZero();
    List<String> told = service.output().lines().toList();
    assertThat(told.stream().filter("RESTORED"::equals)).hasSize(pauses);
    return told;
  }

  /**
   * The last pauses have no more threads and descriptors than the first. The fewest of them count,
   * since something may be just about to end at any look; what leaks stays.
   */
  public void assertNoGrowth() {
    assertNoGrowth(threads);
    assertNoGrowth(descriptors);
  }

  private static void assertNoGrowth(List<List<String>> pauses) {
    int part = Math.max(2, pauses.size() / 4);
    List<String> most =
        pauses.subList(0, part).stream().max(Comparator.comparingInt(List::size)).orElseThrow();
    List<String> fewest =
        pauses.subList(pauses.size() - part, pauses.size()).stream()
            .min(Comparator.comparingInt(List::size))
            .orElseThrow();
    assertThat(fewest).as("first: %s", most).hasSizeLessThanOrEqualTo(most.size());
  }

  @Override
  public void close() throws IOException {
    service.close();
  }
}
