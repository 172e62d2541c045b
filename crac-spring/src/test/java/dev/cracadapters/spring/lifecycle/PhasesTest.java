/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.spring.fixture.Contexts;
import dev.cracadapters.spring.fixture.RecordingBean;
import dev.cracadapters.spring.fixture.RecordingBean.Events;
import java.util.List;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.springframework.context.annotation.Lazy;

class PhasesTest {

  private final Logger springsOwn =
      (Logger) LoggerFactory.getLogger(CheckpointLifecycleProcessor.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private ConfigurableApplicationContext context;
  private Events events;

  @Configuration(proxyBeanMethods = false)
  static class Beans {

    @Bean
    Events events() {
      return new Events();
    }

    @Bean
    RecordingBean last(Events events) {
      return new RecordingBean(events, "phase MIN", Integer.MIN_VALUE);
    }

    @Bean
    RecordingBean first(Events events) {
      return new RecordingBean(events, "phase MAX", Integer.MAX_VALUE);
    }

    @Bean
    RecordingBean middle(Events events) {
      return new RecordingBean(events, "phase 7", 7);
    }

    @Bean
    PhasedResource traffic(Events events) {
      return new RecordingResource(events, "traffic", Phase.TRAFFIC);
    }

    @Bean
    PhasedResource pool(Events events) {
      return new RecordingResource(events, "pool", Phase.CLIENTS);
    }

    @Bean
    PhasedResource files(Events events) {
      return new RecordingResource(events, "files", Phase.LOGGING);
    }

    @Bean
    Plain plain(Events events) {
      return new Plain(events);
    }

    @Bean
    RecordingBean base(Events events) {
      return new RecordingBean(events, "base, phase 100", 100);
    }

    @Bean
    @DependsOn("base")
    RecordingBean dependent(Events events) {
      return new RecordingBean(events, "dependent of base, phase 50", 50);
    }

    @Bean
    RecordingBean notStarted(Events events) {
      return new RecordingBean(events, "not started", 3) {
        @Override
        public boolean isAutoStartup() {
          return false;
        }
      };
    }

    @Bean
    @Lazy
    LateBean late(Events events) {
      return new LateBean(events);
    }
  }

  /** A lifecycle bean that names no phase, and is started by hand. */
  static final class Plain implements Lifecycle {

    private final Events events;
    private boolean running;

    Plain(Events events) {
      this.events = events;
    }

    @Override
    public void start() {
      events.list.add("start plain");
      running = true;
    }

    @Override
    public void stop() {
      events.list.add("stop plain");
      running = false;
    }

    @Override
    public boolean isRunning() {
      return running;
    }
  }

  /** Not a SmartLifecycle: Spring makes those however lazy they are. */
  static final class LateBean implements Lifecycle, org.springframework.context.Phased {

    private final Events events;
    private boolean running;

    LateBean(Events events) {
      this.events = events;
    }

    @Override
    public void start() {
      events.list.add("start late, phase 4711");
      running = true;
    }

    @Override
    public void stop() {
      events.list.add("stop late, phase 4711");
      running = false;
    }

    @Override
    public boolean isRunning() {
      return running;
    }

    @Override
    public int getPhase() {
      return 4711;
    }
  }

  private record RecordingResource(Events events, String name, int phase)
      implements PhasedResource {

    @Override
    public void beforeCheckpoint(@Nullable Context<? extends Resource> context) {
      events.list.add("stop " + name);
    }

    @Override
    public void afterRestore(@Nullable Context<? extends Resource> context) {
      events.list.add("start " + name);
    }
  }

  @BeforeEach
  void start() {
    context = Contexts.start(Beans.class);
    events = context.getBean(Events.class);
    context.getBean(Plain.class).start();
    events.list.clear();
    log.start();
    springsOwn.setLevel(Level.DEBUG);
    springsOwn.addAppender(log);
  }

  @AfterEach
  void stop() {
    springsOwn.detachAppender(log);
    springsOwn.setLevel(null);
    context.close();
  }

  @Test
  @DisplayName("Lifecycle beans and resources stop from the highest phase to the lowest, each once")
  void stopsByPhase() throws Exception {
    CheckpointCoordinator.global().checkpoint();

    assertThat(events.list.subList(0, 9))
        .containsExactly(
            "stop phase MAX",
            "stop traffic",
            "stop dependent of base, phase 50",
            "stop base, phase 100",
            "stop phase 7",
            "stop plain",
            "stop phase MIN",
            "stop pool",
            "stop files");
    assertThat(events.list).filteredOn(event -> event.startsWith("stop")).hasSize(9);
  }

  @Test
  @DisplayName("They come back in exactly the other direction, each once")
  void startsTheOtherWayRound() throws Exception {
    CheckpointCoordinator.global().checkpoint();

    assertThat(events.list.subList(9, events.list.size()))
        .containsExactly(
            "start files",
            "start pool",
            "start phase MIN",
            "start plain",
            "start phase 7",
            "start base, phase 100",
            "start dependent of base, phase 50",
            "start traffic",
            "start phase MAX");
  }

  @Test
  @DisplayName("Spring's own support takes part beside ours and finds nothing to do")
  void springsOwnSupportIsActive() throws Exception {
    Core.checkpointRestore();

    assertThat(log.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .contains(
            "Stopping Spring-managed lifecycle beans before JVM checkpoint",
            "Restarting Spring-managed lifecycle beans after JVM restore")
        .noneMatch(message -> message.startsWith("Stopping beans in phase"))
        .noneMatch(message -> message.startsWith("Starting beans in phase"))
        .noneMatch(message -> message.startsWith("Failed"));
    assertThat(context.isRunning()).isTrue();
  }

  @Test
  @DisplayName("The report names every bean at its phase")
  void reportNamesBeans() throws Exception {
    CheckpointReport report = CheckpointCoordinator.global().checkpoint();

    assertThat(report.outcome()).isEqualTo(Outcome.RESTORED);
    assertThat(report.resources())
        .extracting(ResourceWalk::name)
        .containsSubsequence("bean 'first'", "traffic", "bean 'base'", "bean 'middle'", "pool");
  }

  @Test
  @DisplayName("A bean that is made after the start takes part at its own phase")
  void lateBeanTakesPart() throws Exception {
    context.getBean(LateBean.class).start();
    events.list.clear();

    CheckpointCoordinator.global().checkpoint();

    assertThat(events.list)
        .containsSubsequence("stop traffic", "stop late, phase 4711", "stop base, phase 100")
        .containsSubsequence("start base, phase 100", "start late, phase 4711", "start traffic");
  }

  @Test
  @DisplayName("What is logged by java.util.logging still reaches the log after a restore")
  void bridgeStays() throws Exception {
    ListAppender<ILoggingEvent> root = new ListAppender<>();
    root.start();
    Logger logger = (Logger) LoggerFactory.getLogger("some.driver");
    logger.addAppender(root);
    CheckpointCoordinator.global().checkpoint();

    java.util.logging.Logger.getLogger("some.driver").warning("from the driver");

    logger.detachAppender(root);
    assertThat(root.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly("from the driver");
  }

  @Test
  @DisplayName("One application goes through many checkpoints")
  void manyCycles() throws Exception {
    CheckpointCoordinator.global().checkpoint();
    List<String> firstCycle = List.copyOf(events.list);
    events.list.clear();

    CheckpointCoordinator.global().checkpoint();

    assertThat(events.list).isEqualTo(firstCycle);
  }

  @Test
  @DisplayName("After the context has closed none of its beans is called")
  void closedContextTakesNoPart() throws Exception {
    context.close();
    events.list.clear();

    CheckpointReport report = CheckpointCoordinator.global().checkpoint();

    assertThat(events.list).isEmpty();
    assertThat(report.resources()).isEmpty();
  }

  @Test
  @DisplayName("Closing the context stops its beans as ever")
  void closingStops() {
    context.close();

    assertThat(events.list).contains("stop phase MAX", "stop phase MIN", "stop plain");
  }
}
