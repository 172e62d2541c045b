/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The stacks of threads")
class ThreadStacksTest {

  private final CountDownLatch released = new CountDownLatch(1);
  private final Thread waiting = new Thread(this::waits);
  private final Thread sleeping = new Thread(ThreadStacksTest::sleeps);

  private void waits() {
    try {
      released.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void sleeps() {
    try {
      Thread.sleep(60_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void end() throws InterruptedException {
    waiting.interrupt();
    sleeping.interrupt();
    waiting.join();
    sleeping.join();
  }

  @Test
  @DisplayName("show who is in a method, awake or asleep")
  void methods() {
    assertThat(ThreadStacks.anyIn(ThreadStacksTest.class, "waits")).isFalse();
    waiting.start();
    sleeping.start();

    await().until(() -> ThreadStacks.anySleepingDirectlyIn(ThreadStacksTest.class, "sleeps"));
    await().until(() -> ThreadStacks.anyAwakeIn(ThreadStacksTest.class, "waits"));
    assertThat(ThreadStacks.anyIn(ThreadStacksTest.class, "sleeps")).isTrue();
    assertThat(ThreadStacks.anyAwakeIn(ThreadStacksTest.class, "sleeps")).isFalse();
    assertThat(ThreadStacks.anySleepingDirectlyIn(ThreadStacksTest.class, "waits")).isFalse();
  }

  @Test
  @DisplayName("are not needed to find the threads, of any group")
  void threads() throws InterruptedException {
    Thread grouped = new Thread(new ThreadGroup("other"), this::waits);
    assertThat(ThreadStacks.threads()).doesNotContain(waiting, grouped);
    waiting.start();
    grouped.start();
    assertThat(ThreadStacks.threads()).contains(Thread.currentThread(), waiting, grouped);
    released.countDown();
    grouped.join();
    assertThat(ThreadStacks.threads()).doesNotContain(grouped);
  }

  @Test
  @DisplayName("are printed as those of exceptions, without modules")
  void describe() {
    assertThat(ThreadStacks.describe(Thread.currentThread().getStackTrace()))
        .startsWith("\n\tat java.lang.Thread.getStackTrace(Thread.java:")
        .contains(
            "\n\tat dev.cracadapters.core.support.ThreadStacksTest.describe(ThreadStacksTest.java:");
    assertThat(ThreadStacks.describe(new StackTraceElement[0])).isEmpty();
  }
}
