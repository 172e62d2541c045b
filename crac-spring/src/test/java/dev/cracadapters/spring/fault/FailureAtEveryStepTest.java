/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.fault.FaultLoader;
import dev.cracadapters.criu.testing.fault.FaultSteps;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;

@Tag("soak")
@Timeout(300)
@DisplayName("Whatever is thrown at whichever step of a context's way down and up")
class FailureAtEveryStepTest {

  @Test
  @DisplayName("each bean runs afterwards")
  void beansRun() throws Exception {
    FaultLoader adapter = new FaultLoader("dev.cracadapters.spring");
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(adapter);
    try (ConfigurableApplicationContext context =
        (ConfigurableApplicationContext)
            adapter
                .loadClass("dev.cracadapters.spring.fault.FaultApplication")
                .getMethod("run")
                .invoke(null)) {
      Map<String, SmartLifecycle> beans =
          new HashMap<>(context.getBeansOfType(SmartLifecycle.class));
      beans.keySet().retainAll(List.of("high", "highToo", "low"));
      int steps =
          FaultSteps.each(
              when ->
                  assertThat(beans)
                      .as(when)
                      .hasSize(3)
                      .allSatisfy((name, bean) -> assertThat(bean.isRunning()).as(name).isTrue()));
      assertThat(steps).isGreaterThan(30);
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
