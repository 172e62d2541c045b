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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

@DisplayName("A walk that takes long")
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
  @DisplayName("tells whom it waits for, on the way down and up, and of nobody else")
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
}
