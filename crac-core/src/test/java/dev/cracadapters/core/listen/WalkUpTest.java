/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.Registration;
import dev.cracadapters.core.WalkThreads;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.crac.Context;
import org.crac.Resource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@DisplayName("On the way up")
class WalkUpTest {

  private static final CheckpointCoordinator COORDINATOR = CheckpointCoordinator.global();

  private interface Body {
    void run() throws Exception;
  }

  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final AtomicInteger names = new AtomicInteger();
  private final Deque<Registration> registered = new ArrayDeque<>();

  private class Part implements PhasedResource {

    final String name;
    private final int phase;
    private final boolean callersWait;
    volatile Body down = () -> {};
    volatile Body up = () -> {};

    Part(String name, int phase, boolean callersWait) {
      this.name = name;
      this.phase = phase;
      this.callersWait = callersWait;
      registered.push(COORDINATOR.register(this));
    }

    @Override
    public String name() {
      names.incrementAndGet();
      return name;
    }

    @Override
    public int phase() {
      return phase;
    }

    @Override
    public boolean callersWait() {
      return callersWait;
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
      down.run();
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws Exception {
      calls.add("up " + name);
      up.run();
      calls.add(name + " is up");
    }
  }

  private final class Listening extends Part implements ListeningResource {

    volatile Body open = () -> {};

    Listening(String name, int phase) {
      super(name, phase, false);
    }

    @Override
    public void listen() throws Exception {
      calls.add(name + " listens");
      open.run();
    }
  }

  @BeforeEach
  void pause() {
    configure(Duration.ofSeconds(20));
  }

  private static void configure(Duration resourceTimeout) {
    COORDINATOR.configure(
        new CoordinatorSettings(
            "pause", null, AuditMode.LENIENT, Duration.ofSeconds(40), resourceTimeout));
  }

  @AfterEach
  void unregister() {
    registered.forEach(Registration::close);
    COORDINATOR.configureBySystemProperties();
  }

  private static CheckpointReport report() {
    return COORDINATOR.lastReport().orElseThrow();
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    if (!latch.await(10, TimeUnit.SECONDS)) {
      throw new AssertionError("it did not come");
    }
  }

  @Test
  @DisplayName("no resource is asked for its name, which it may have to look up, until all are up")
  void namesLater() throws Exception {
    int[] asked = {0};
    new Part("first", Phase.LOGGING, false).up = () -> asked[0] = -names.get();
    new Listening("listening", Phase.TRAFFIC);
    new Part("last", Phase.TRAFFIC + 1, false).up = () -> asked[0] += names.get();
    COORDINATOR.checkpoint();
    assertThat(asked[0]).isZero();
  }

  @Test
  @DisplayName("sockets open after the JDK's part and before all else, lower phases first")
  void listensFirst() throws Exception {
    new Listening("http", Phase.TRAFFIC);
    new Listening("address", Phase.TRAFFIC - 1);
    new Part("pool", Phase.CLIENTS, false);
    new Part("random", Phase.JDK, false);

    COORDINATOR.checkpoint();

    assertThat(calls)
        .containsExactly(
            "up random",
            "random is up",
            "address listens",
            "http listens",
            "up pool",
            "pool is up",
            "up address",
            "address is up",
            "up http",
            "http is up");
  }

  @Test
  @DisplayName("sockets open after a refused checkpoint, too")
  void listensAfterRefusal() {
    new Listening("http", Phase.TRAFFIC);
    new Part("pool", Phase.CLIENTS, false).down =
        () -> {
          throw new RefusedException("pool", "it is busy", "wait");
        };

    assertThat(catchThrowable(COORDINATOR::checkpoint)).isNotNull();

    assertThat(calls)
        .containsExactly("http listens", "up pool", "pool is up", "up http", "http is up");
  }

  @Test
  @DisplayName("a socket that cannot be opened yet is no failure, whatever is thrown")
  void failureToListenIsNone() throws Exception {
    new Listening("http", Phase.TRAFFIC).open =
        () -> {
          throw new java.net.BindException("Address already in use");
        };
    new Listening("https", Phase.TRAFFIC).open =
        () -> {
          throw new AssertionError("unforeseen");
        };

    COORDINATOR.checkpoint();

    assertThat(report().outcome()).isEqualTo(Outcome.RESTORED);
    assertThat(report().failures()).isEmpty();
    assertThat(calls)
        .containsExactly(
            "http listens", "https listens", "up http", "http is up", "up https", "https is up");
  }

  @Test
  @DisplayName("one that takes too long to listen does not keep the others from coming up")
  void listensTooLate() throws Exception {
    configure(Duration.ofMillis(200));
    new Listening("http", Phase.TRAFFIC).open = () -> TimeUnit.MINUTES.sleep(1);
    new Part("pool", Phase.CLIENTS, false);

    COORDINATOR.checkpoint();

    assertThat(report().outcome()).isEqualTo(Outcome.RESTORED);
    assertThat(calls)
        .containsExactly("http listens", "up pool", "pool is up", "up http", "http is up");
  }

  @Test
  @DisplayName("the report counts the time to listen as time to come back")
  void timeToListen() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    new Listening("http", Phase.TRAFFIC).open =
        () -> {
          long begin = System.nanoTime();
          while (System.nanoTime() - begin < 20_000_000) {
            asked.incrementAndGet();
          }
        };

    COORDINATOR.checkpoint();

    assertThat(report().resources())
        .filteredOn(resource -> resource.name().equals("http"))
        .allSatisfy(resource -> assertThat(resource.afterMicros()).isGreaterThan(20_000))
        .hasSize(1);
  }

  @Test
  @DisplayName("whose callers wait come up beside higher phases; traffic waits for all")
  void aside() throws Exception {
    CountDownLatch beanIsUp = new CountDownLatch(1);
    CountDownLatch filesAreOpen = new CountDownLatch(1);
    Part logging = new Part("logging", Phase.LOGGING, true);
    Part pool = new Part("pool", Phase.CLIENTS, true);
    Part bean = new Part("bean", 0, false);
    new Part("http", Phase.TRAFFIC, true);
    new Part("after all", Phase.TRAFFIC + 1, false);
    logging.up =
        () -> {
          assertThat(WalkThreads.isCurrent()).isTrue();
          await(beanIsUp);
          filesAreOpen.countDown();
        };
    pool.up = () -> await(filesAreOpen);
    bean.up = beanIsUp::countDown;

    COORDINATOR.checkpoint();

    assertThat(report().failures()).isEmpty();
    assertThat(calls)
        .hasSize(10)
        .containsSubsequence("up bean", "logging is up", "up http")
        .containsSubsequence("up bean", "pool is up", "up http")
        .endsWith("http is up", "up after all", "after all is up");
  }

  @Test
  @DisplayName("those whose callers do not wait keep their order among themselves")
  void strictOrder() throws Exception {
    CountDownLatch last = new CountDownLatch(1);
    new Part("pool", Phase.CLIENTS, true).up = () -> await(last);
    new Part("one", 1, false);
    new Part("two", 2, false);
    new Part("three", Phase.WORK, false).up = last::countDown;

    COORDINATOR.checkpoint();

    assertThat(calls.stream().filter(call -> !call.contains("pool")))
        .containsExactly("up one", "one is up", "up two", "two is up", "up three", "three is up");
  }

  @Test
  @DisplayName("a failure beside the walk is reported in its place, and keeps nobody down")
  void failureAside() {
    CountDownLatch later = new CountDownLatch(1);
    new Part("logging", Phase.LOGGING, true).up =
        () -> {
          await(later);
          throw new RefusedException("logging", "the disk is full", "make room");
        };
    new Part("bean", 0, false).up =
        () -> {
          later.countDown();
          throw new RefusedException("bean", "it does not start", "fix it");
        };
    new Part("http", Phase.TRAFFIC, false);

    assertThat(catchThrowable(COORDINATOR::checkpoint)).isNotNull();

    assertThat(report().outcome()).isEqualTo(Outcome.RESTORED_WITH_FAILURES);
    assertThat(report().failures()).hasSize(2);
    assertThat(report().failures().get(0)).contains("the disk is full");
    assertThat(report().failures().get(1)).contains("it does not start");
    assertThat(calls).endsWith("up http", "http is up");
  }

  @Test
  @DisplayName("what throws an error beside the walk is called once more at once")
  void errorAside() {
    AtomicInteger tries = new AtomicInteger();
    new Part("pool", Phase.CLIENTS, true).up =
        () -> {
          if (tries.incrementAndGet() == 1) {
            throw new OutOfMemoryError("for a moment");
          }
        };
    new Part("http", Phase.TRAFFIC, false);

    assertThat(catchThrowable(COORDINATOR::checkpoint)).isNotNull();

    assertThat(report().failures()).singleElement().asString().contains("for a moment");
    assertThat(calls).containsExactly("up pool", "up pool", "pool is up", "up http", "http is up");
  }

  @Test
  @DisplayName("what is late beside the walk is reported with its stack, and traffic comes up")
  void lateAside() {
    configure(Duration.ofMillis(300));
    AtomicReference<Throwable> interrupt = new AtomicReference<>();
    new Part("pool", Phase.CLIENTS, true).up =
        () -> {
          try {
            TimeUnit.MINUTES.sleep(1);
          } catch (InterruptedException e) {
            interrupt.set(e);
            throw e;
          }
        };
    new Part("http", Phase.TRAFFIC, false);

    assertThat(catchThrowable(COORDINATOR::checkpoint)).isNotNull();

    assertThat(report().failures())
        .singleElement()
        .asString()
        .contains("pool", "did not come back within 300 ms", "WalkUpTest");
    assertThat(interrupt.get()).isNotNull();
    assertThat(calls).endsWith("up http", "http is up");
  }
}
