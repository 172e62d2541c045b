/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.environment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.support.LibraryInternals;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The JDK's environment variables")
class JdkEnvironmentTest {

  private JdkEnvironment environment;
  private Map<String, String> before;

  @BeforeEach
  void reach() throws Exception {
    environment = new JdkEnvironment(LibraryInternals.trustedLookup());
    before = environment.get();
  }

  @AfterEach
  void putBack() {
    environment.set(before);
  }

  @Test
  @DisplayName("are replaced in every map that anybody holds, and can be put back")
  void replaced() {
    Map<String, String> held = System.getenv();
    Set<String> heldNames = held.keySet();
    Map<String, String> copy = Map.copyOf(held);

    environment.set(Map.of("ONLY", "this", "EMPTY", ""));

    assertThat(held).isEqualTo(Map.of("ONLY", "this", "EMPTY", ""));
    assertThat(heldNames).containsExactlyInAnyOrder("ONLY", "EMPTY");
    assertThat(System.getenv("ONLY")).isEqualTo("this");
    assertThat(System.getenv("PATH")).isNull();
    assertThat(new ProcessBuilder().environment()).isEqualTo(held);
    assertThat(environment.get()).isEqualTo(Map.of("ONLY", "this", "EMPTY", ""));

    environment.set(Map.of());
    assertThat(held).isEmpty();

    environment.set(before);
    assertThat(held).isEqualTo(copy);
  }

  @Test
  @DisplayName("are never found incomplete or in disorder by a thread that reads them meanwhile")
  void concurrently() throws Exception {
    List<Map<String, String>> sets = new ArrayList<>();
    for (int size : new int[] {1, 400, 20, 3000}) {
      Map<String, String> set = new LinkedHashMap<>();
      set.put("STABLE", "yes");
      for (int i = 0; i < size; i++) {
        set.put("SIZE" + size + "_" + i, "value");
      }
      sets.add(set);
    }
    environment.set(sets.get(0));
    AtomicBoolean done = new AtomicBoolean();
    CountDownLatch reading = new CountDownLatch(2);
    ExecutorService readers = Executors.newFixedThreadPool(2);
    try {
      Future<?> one =
          readers.submit(
              () -> {
                reading.countDown();
                while (!done.get()) {
                  assertThat(System.getenv("STABLE")).isEqualTo("yes");
                }
              });
      Future<?> all =
          readers.submit(
              () -> {
                reading.countDown();
                while (!done.get()) {
                  assertThat(new HashMap<>(System.getenv())).doesNotContainValue(null);
                  assertThat(new ProcessBuilder().environment()).doesNotContainValue(null);
                }
              });
      assertThat(reading.await(20, TimeUnit.SECONDS)).isTrue();
      for (int turn = 0; turn < 2000; turn++) {
        environment.set(sets.get(turn % sets.size()));
      }
      done.set(true);
      one.get(20, TimeUnit.SECONDS);
      all.get(20, TimeUnit.SECONDS);
    } finally {
      done.set(true);
      readers.shutdownNow();
    }
  }
}
