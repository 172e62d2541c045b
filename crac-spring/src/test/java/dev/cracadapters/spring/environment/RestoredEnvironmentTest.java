/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.environment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.support.RestoreWatch;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.StandardEnvironment;

@DisplayName("What the environment shows at a checkpoint")
class RestoredEnvironmentTest {

  private final AtomicInteger looks = new AtomicInteger();
  private String value = "one";

  @Test
  @DisplayName("is looked at once a walk down, however many ask, and a value once")
  void once() {
    StandardEnvironment live = new StandardEnvironment();
    live.getPropertySources().addFirst(new CountedSource());
    RestoredEnvironment restored = new RestoredEnvironment(live, List::of);

    RestoreWatch.walkBegins();
    restored.expect();
    String first = restored.stateAtCheckpoint();
    restored.expect();
    assertThat(first).isNotNull().isEqualTo(restored.stateAtCheckpoint());
    assertThat(looks).hasValue(1);

    value = "two";
    RestoreWatch.walkBegins();
    restored.expect();
    assertThat(restored.stateAtCheckpoint()).isNotEqualTo(first);
    assertThat(looks).hasValue(2);
  }

  private final class CountedSource extends EnumerablePropertySource<Object> {

    CountedSource() {
      super("counted", new Object());
    }

    @Override
    public String[] getPropertyNames() {
      return new String[] {"counted"};
    }

    @Override
    public @Nullable Object getProperty(String name) {
      if (!name.equals("counted")) { // such as which profiles are active
        return null;
      }
      looks.incrementAndGet();
      return value;
    }
  }
}
