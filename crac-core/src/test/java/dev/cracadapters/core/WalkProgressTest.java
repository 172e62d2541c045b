/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.crac.Context;
import org.crac.Resource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

@DisplayName("A walk")
class WalkProgressTest {

  private final OwnCoordinator own = new OwnCoordinator();
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger("dev.cracadapters.core");
  private final Level level = logger.getLevel();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          log.add(event.getFormattedMessage());
        }
      };

  @BeforeEach
  void listen() {
    logger.setLevel(Level.INFO);
    appender.start();
    logger.addAppender(appender);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(appender);
    logger.setLevel(level);
  }

  private void awaitWord(String word) {
    await().atMost(10, TimeUnit.SECONDS).until(() -> log.contains(word));
  }

  @Test
  @DisplayName(
      "that takes long tells whom it waits for, on the way down and up, and of nobody else")
  void tells() throws Exception {
    own.add("quick", 2);
    own.add("slow", 1)
        .onDown(() -> awaitWord("Still waiting for slow to stop, after 1 s"))
        .onUp(() -> awaitWord("Still waiting for slow to come back, after 2 s"));
    assertThat(own.checkpoint().outcome()).isEqualTo(CheckpointReport.Outcome.RESTORED);
    assertThat(log)
        .filteredOn(line -> line.startsWith("Still waiting"))
        .containsExactly(
            "Still waiting for slow to stop, after 1 s",
            "Still waiting for slow to come back, after 1 s",
            "Still waiting for slow to come back, after 2 s");
    assertThat(log).anyMatch(line -> line.matches("Everything is down after 1\\d{3} ms"));
  }

  private static Resource existing() {
    return new Resource() {
      @Override
      public void beforeCheckpoint(Context<? extends Resource> context) {}

      @Override
      public void afterRestore(Context<? extends Resource> context) {}
    };
  }

  @Test
  @DisplayName("says how much there is to stop, whoever has registered it, and nothing of nothing")
  void number() throws Exception {
    own.checkpoint();
    assertThat(log).hasSize(2);
    assertThat(log.get(0))
        .isEqualTo("Checkpoint by the pause engine: nothing is registered that has to be stopped");
    assertThat(log.get(1)).startsWith("Back in service: pause engine");
    Resource existing = existing();
    own.coordinator.checkpointOnStockJdk(List.of(own.coordinator.asOneResource, existing));
    own.add("ours", 1);
    own.coordinator.checkpointOnStockJdk(List.of(own.coordinator.asOneResource, existing));
    assertThat(log)
        .filteredOn(line -> line.startsWith("Checkpoint by"))
        .endsWith(
            "Checkpoint by the pause engine: stopping 1 resource",
            "Checkpoint by the pause engine: stopping 2 resources");
    assertThat(log).filteredOn(line -> line.startsWith("Everything is down")).hasSize(2);
  }
}
