/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.selector.ContextSelector;
import ch.qos.logback.classic.util.ContextSelectorStaticBinder;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.logback.testing.AuditedCheckpoints;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

@DisplayName("Several contexts in one process")
@Timeout(120)
class ContextsTest {

  private static final int CYCLES = 20;

  /** One context for each web application, say. */
  public static final class Selector implements ContextSelector {

    static final Map<String, LoggerContext> CONTEXTS = new ConcurrentHashMap<>();
    private final LoggerContext ofSlf4j;

    public Selector(LoggerContext ofSlf4j) {
      this.ofSlf4j = ofSlf4j;
    }

    @Override
    public LoggerContext getLoggerContext() {
      return ofSlf4j;
    }

    @Override
    public LoggerContext getLoggerContext(String name) {
      return CONTEXTS.get(name);
    }

    @Override
    public LoggerContext getDefaultLoggerContext() {
      return ofSlf4j;
    }

    @Override
    public LoggerContext detachLoggerContext(String name) {
      return CONTEXTS.remove(name);
    }

    @Override
    public List<String> getContextNames() {
      return List.copyOf(CONTEXTS.keySet());
    }
  }

  private static final Object KEY = new Object();

  @TempDir Path temporary;
  private Path folder;
  private Logs one;
  private Logs two;
  private AuditedCheckpoints checkpoints;
  private final ExecutorService threads = Executors.newFixedThreadPool(2);
  private final AtomicIntegerArray logged = new AtomicIntegerArray(2);
  private volatile boolean stopped;

  @BeforeEach
  void setUp() throws Exception {
    folder = temporary.toRealPath();
    one = new Logs(folder);
    two = new Logs(folder);
    one.attachFile("one.log");
    two.attachFile("two.log");
    checkpoints = new AuditedCheckpoints(AuditMode.LENIENT);
    System.setProperty("logback.ContextSelector", Selector.class.getName());
    ContextSelectorStaticBinder.getSingleton()
        .init((LoggerContext) LoggerFactory.getILoggerFactory(), KEY);
  }

  @AfterEach
  void tearDown() throws Exception {
    stopped = true;
    threads.shutdownNow();
    checkpoints.close();
    Selector.CONTEXTS.clear();
    System.clearProperty("logback.ContextSelector");
    one.close();
    two.close();
  }

  private void logUntilStopped(int index, Logger logger) {
    while (!stopped) {
      logger.info("{}", logged.getAndIncrement(index));
    }
  }

  private void awaitEvents() {
    int first = logged.get(0);
    int second = logged.get(1);
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(1))
        .until(() -> logged.get(0) > first + 10 && logged.get(1) > second + 10);
  }

  private void logThroughCycles() throws Exception {
    checkpoints.meanwhile(() -> assertThat(one.open()).isEmpty());
    threads.execute(() -> logUntilStopped(0, one.logger()));
    threads.execute(() -> logUntilStopped(1, two.logger()));
    for (int cycle = 0; cycle < CYCLES; cycle++) {
      awaitEvents();
      assertThat(checkpoints.take().outcome()).isEqualTo(Outcome.RESTORED);
    }
    stopped = true;
    threads.shutdown();
    assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    // Not by an assertion on lists, which takes minutes for as many events.
    assertThat(one.lines("one.log").equals(numbers(logged.get(0)))).as("one.log").isTrue();
    assertThat(two.lines("two.log").equals(numbers(logged.get(1)))).as("two.log").isTrue();
  }

  private static List<String> numbers(int count) {
    return IntStream.range(0, count).mapToObj(Integer::toString).toList();
  }

  @Test
  @DisplayName("each lose nothing when they are registered one by one")
  void byHand() throws Exception {
    checkpoints.add(LogbackResource.install(one.context));
    checkpoints.add(LogbackResource.install(two.context));
    logThroughCycles();
  }

  @Test
  @DisplayName("each lose nothing when they are those of Logback's context selector")
  void selected() throws Exception {
    checkpoints.add(LogbackResource.install());
    // After the resource was made, as a web application that is deployed later.
    Selector.CONTEXTS.put("one", one.context);
    Selector.CONTEXTS.put("two", two.context);
    logThroughCycles();
  }

  @Test
  @DisplayName("lose nothing when one is both registered and of the context selector")
  void both() throws Exception {
    Selector.CONTEXTS.put("one", one.context);
    Selector.CONTEXTS.put("two", two.context);
    checkpoints.add(LogbackResource.install(one.context));
    checkpoints.add(LogbackResource.install());
    checkpoints.add(LogbackResource.install(two.context));
    logThroughCycles();
  }

  @Test
  @DisplayName("are all named by the report, and no longer when they are detached")
  void names() throws Exception {
    checkpoints.add(LogbackResource.install());
    two.context.stop();
    Selector.CONTEXTS.put("one", one.context);
    assertThat(checkpoints.take().resources())
        .extracting(ResourceWalk::name)
        .containsExactly("logback default, logback test");
    Selector.CONTEXTS.clear();
    one.context.stop();
    assertThat(checkpoints.take().resources())
        .extracting(ResourceWalk::name)
        .containsExactly("logback default");
  }
}
