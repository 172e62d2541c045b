/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.spring.fixture.Contexts;
import java.util.concurrent.atomic.AtomicInteger;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@DisplayName("Lifecycle beans")
class BeansLookedForTest {

  @Configuration(proxyBeanMethods = false)
  static class Beans {

    @Bean
    Asked asked() {
      return new Asked();
    }

    @Bean
    PhasedResource lowest(Asked asked) {
      return new Lowest(asked);
    }
  }

  /** Counts how often it is asked for its phase. */
  static final class Asked implements SmartLifecycle {

    private final AtomicInteger times = new AtomicInteger();
    private volatile boolean running;

    @Override
    public void start() {
      running = true;
    }

    @Override
    public void stop() {
      running = false;
    }

    @Override
    public boolean isRunning() {
      return running;
    }

    @Override
    public int getPhase() {
      times.incrementAndGet();
      return 4711;
    }
  }

  /** Comes up first, and takes note of how often the bean was asked until then. */
  static final class Lowest implements PhasedResource {

    private final Asked asked;
    private volatile int times = -1;

    Lowest(Asked asked) {
      this.asked = asked;
    }

    @Override
    public String name() {
      return "lowest";
    }

    @Override
    public int phase() {
      return Phase.JDK;
    }

    @Override
    public void beforeCheckpoint(@Nullable Context<? extends Resource> unused) {}

    @Override
    public void afterRestore(@Nullable Context<? extends Resource> unused) {
      times = asked.times.get();
    }
  }

  @Test
  @DisplayName("are looked for on the way down, and not again on the way up or for the report")
  void onTheWayDown() throws Exception {
    try (ConfigurableApplicationContext context = Contexts.start(Beans.class)) {
      CheckpointReport report = CheckpointCoordinator.global().checkpoint();
      Asked asked = context.getBean(Asked.class);
      assertThat(asked.isRunning()).isTrue();
      assertThat(report.resources()).extracting(ResourceWalk::name).contains("bean 'asked'");
      assertThat(asked.times.get()).isPositive().isEqualTo(context.getBean(Lowest.class).times);
    }
  }
}
