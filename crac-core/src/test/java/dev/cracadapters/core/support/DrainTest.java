/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A drain")
class DrainTest {

  private static final Duration SHORT = Duration.ofMillis(20);
  private static final Drain.Wording WORDING =
      new Drain.Wording("the door", "guest", "inside", "Call a taxi");

  private final Guests guests = new Guests();

  @Test
  @DisplayName("lets nothing new in, moves everything on, and returns when everything has ended")
  void everythingEnds() throws Exception {
    guests.steps = 3;
    assertThat(new Drain(guests, WORDING, Duration.ofSeconds(20)).run()).isTrue();
    assertThat(guests.calls).containsExactly("stop", "advance", "advance", "advance");
  }

  @Test
  @DisplayName("asks once also where it has no time at all")
  void noTime() throws Exception {
    guests.steps = 1;
    assertThat(new Drain(guests, WORDING, Duration.ZERO).run()).isTrue();
  }

  @Test
  @DisplayName("goes on past its time where nothing is lost by closing what is left")
  void onlyIdle() throws Exception {
    assertThat(new Drain(guests, WORDING, SHORT).run()).isFalse();
    assertThat(guests.calls).startsWith("stop", "advance").endsWith("advance", "close");
  }

  @Test
  @DisplayName("is refused past its time, and names what is unfinished and what can be done")
  void refused() {
    guests.left = List.of(new Unfinished("Ann"), new Unfinished("Bob at the bar"));
    assertThatThrownBy(() -> new Drain(guests, WORDING, SHORT).run())
        .isInstanceOf(RefusedException.class)
        .hasMessage(
            "the door: 2 guests are still inside after 20 ms: Ann, Bob at the bar. Call a taxi");
    assertThat(guests.calls).endsWith("close", "cut");
  }

  @Test
  @DisplayName("names five and counts the others")
  void many() {
    guests.left = IntStream.range(0, 8).mapToObj(i -> new Unfinished("guest " + i)).toList();
    assertThatThrownBy(() -> new Drain(guests, WORDING, Duration.ZERO).run())
        .hasMessageContaining("8 guests are still inside after 0 s: guest 0, ")
        .hasMessageContaining("guest 4 and 3 more. Call a taxi");
  }

  @Test
  @DisplayName("names the thread, since when it has been at it, and what it is doing")
  void threads() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    Thread thread = new Thread(() -> awaitQuietly(end), "Ann's thread");
    thread.start();
    Deadline.after(Duration.ofSeconds(20)).await(() -> thread.getState() == Thread.State.WAITING);
    guests.left =
        List.of(
            new Unfinished("dancing", thread, Duration.ofSeconds(72)),
            new Unfinished("singing", thread, null));
    try {
      assertThatThrownBy(() -> new Drain(guests, WORDING, Duration.ofMillis(1000)).await(past()))
          .hasMessageStartingWith("the door: 2 guests are still inside after 1 s\n")
          .hasMessageContaining("\ndancing by thread \"Ann's thread\" for 72 s (since ")
          .hasMessageContaining("), which is now\n\tat ")
          .hasMessageContaining("DrainTest.awaitQuietly(DrainTest.java:")
          .hasMessageEndingWith("\nsinging by thread \"Ann's thread\", as above\nCall a taxi");
    } finally {
      end.countDown();
      thread.join();
    }
  }

  @Test
  @DisplayName("says of a thread that has ended that it has")
  void endedThread() throws Exception {
    Thread thread = new Thread(() -> {}, "Bob's thread");
    thread.start();
    thread.join();
    guests.left = List.of(new Unfinished("dancing", thread, null));
    assertThatThrownBy(() -> new Drain(guests, WORDING, SHORT).run())
        .hasMessageContaining(
            "dancing by thread \"Bob's thread\", which has ended without giving it back\n");
  }

  @Test
  @DisplayName("cuts what is unfinished where the settings say so, and goes on")
  void cut() throws Exception {
    guests.left = List.of(new Unfinished("Ann"));
    guests.cuts = true;
    assertThat(new Drain(guests, WORDING, SHORT).run()).isFalse();
  }

  @Test
  @DisplayName("can be given another end than its own, by what is drained together with it")
  void anotherEnd() throws Exception {
    Drain drain = new Drain(guests, WORDING, Duration.ofDays(1));
    assertThat(drain.deadline().hasPassed()).isFalse();
    assertThat(drain.await(past())).isFalse();
  }

  @Test
  @DisplayName("ends with the refusal of a step that finds something in the way for good")
  void stepRefuses() {
    RefusedException refusal = new RefusedException("the door", "it is stuck", "Oil it");
    guests.failure = refusal;
    assertThatThrownBy(() -> new Drain(guests, WORDING, Duration.ofSeconds(20)).run())
        .isSameAs(refusal);
  }

  private static Deadline past() {
    return Deadline.after(Duration.ZERO);
  }

  private static void awaitQuietly(CountDownLatch end) {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Guests implements Drain.Source {

    private final List<String> calls = new ArrayList<>();
    private int steps = Integer.MAX_VALUE;
    private List<Unfinished> left = List.of();
    private boolean cuts;
    private RefusedException failure;

    @Override
    public void stopAccepting() {
      calls.add("stop");
    }

    @Override
    public boolean advance() throws RefusedException {
      calls.add("advance");
      if (failure != null) {
        throw failure;
      }
      return --steps == 0;
    }

    @Override
    public List<Unfinished> closeIdle() {
      calls.add("close");
      return left;
    }

    @Override
    public boolean cut() {
      calls.add("cut");
      return cuts;
    }
  }
}
