/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import java.io.IOException;
import java.util.List;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Resource;
import org.crac.RestoreException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A walk in which something fails")
class WalkFailureTest {

  private final OwnCoordinator own = new OwnCoordinator();

  @Test
  @DisplayName("calls all resources, brings all of them back, and tells the caller every failure")
  void allFailuresReachTheCaller() {
    RefusedException busy = new RefusedException("b", "it is busy", "wait");
    IOException broken = new IOException("broken");
    own.add("a", 3);
    own.add("b", 2)
        .onDown(
            () -> {
              throw busy;
            });
    own.add("c", 1)
        .onDown(
            () -> {
              throw broken;
            });
    own.add("d", 0);

    CheckpointException exception =
        catchThrowableOfType(CheckpointException.class, own::checkpoint);

    assertThat(exception.getSuppressed()).containsExactly(busy, broken);
    assertThat(own.calls)
        .containsExactly("down a", "down b", "down c", "down d", "up d", "up c", "up b", "up a");
  }

  @Test
  @DisplayName("leaves a report that says REFUSED and why")
  void report() {
    own.add("a", 2)
        .onDown(
            () -> {
              throw new RefusedException("a", "it is busy", "wait");
            });
    own.add("b", 1)
        .onDown(
            () -> {
              throw new IOException("broken");
            });

    own.refused();

    CheckpointReport report = own.report();
    assertThat(report.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(report.failures())
        .containsExactly("a: it is busy. wait", "java.io.IOException: broken");
    assertThat(report.resources()).extracting(ResourceWalk::name).containsExactly("a", "b");
    assertThat(report.resources())
        .allSatisfy(resource -> assertThat(resource.afterMicros()).isNotNegative());
    assertThat(report.snapshotMillis()).isZero();
  }

  @Test
  @DisplayName("brings all back after an Error too")
  void error() {
    NoClassDefFoundError error = new NoClassDefFoundError("com/example/Gone");
    own.add("a", 2);
    own.add("b", 1)
        .onDown(
            () -> {
              throw error;
            });

    assertThat(own.refused()).containsExactly(error);
    assertThat(own.calls).containsExactly("down a", "down b", "up b", "up a");
  }

  @Test
  @DisplayName("brings all back also after an Error of another resource of the global context")
  void errorOfTheContext() {
    NoClassDefFoundError error = new NoClassDefFoundError("com/example/Gone");
    own.add("a", 1);
    TestResource other =
        new TestResource("other", 0, own.calls)
            .onDown(
                () -> {
                  throw error;
                });

    CheckpointException exception =
        catchThrowableOfType(
            CheckpointException.class,
            () ->
                own.coordinator.checkpointOnStockJdk(
                    List.of(own.coordinator.asOneResource, other)));

    assertThat(exception.getSuppressed()).containsExactly(error);
    assertThat(own.calls).containsExactly("down other", "down a", "up a", "up other");
    assertThat(own.coordinator.isUnderWay()).isFalse();
  }

  @Test
  @DisplayName("takes a resource by its class that cannot tell its name")
  void nameThrows() {
    own.add("a", 2);
    own.coordinator.register(
        new TestResource("b", 1, own.calls) {
          @Override
          public String name() {
            throw new IllegalStateException("closed");
          }
        });
    own.add("c", 0)
        .onDown(
            () -> {
              throw new IOException("broken");
            });

    own.refused();

    assertThat(own.calls).containsExactly("down a", "down b", "down c", "up c", "up b", "up a");
    assertThat(own.report().resources().get(1).name()).contains("WalkFailureTest");
  }

  @Test
  @DisplayName("tells a failure to come back after a refusal along with the refusal")
  void bothWaysFail() {
    IOException down = new IOException("down");
    IOException up = new IOException("up");
    own.add("a", 1)
        .onDown(
            () -> {
              throw down;
            })
        .onUp(
            () -> {
              throw up;
            });

    assertThat(own.refused()).containsExactly(down, up);
    assertThat(own.report().outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(own.report().failures())
        .containsExactly("java.io.IOException: down", "java.io.IOException: up");
  }

  @Test
  @DisplayName("brings the others back when one cannot come back, and throws a RestoreException")
  void restoreFails() {
    IOException first = new IOException("port taken");
    IllegalStateException second = new IllegalStateException("no database");
    own.add("a", 3)
        .onUp(
            () -> {
              throw first;
            });
    own.add("b", 2);
    own.add("c", 1)
        .onUp(
            () -> {
              throw second;
            });

    RestoreException exception = catchThrowableOfType(RestoreException.class, own::checkpoint);

    assertThat(exception.getSuppressed()).containsExactly(second, first);
    assertThat(own.calls)
        .as("what nobody has foreseen is tried twice")
        .containsExactly("down a", "down b", "down c", "up c", "up c", "up b", "up a");
    assertThat(own.report().outcome()).isEqualTo(Outcome.RESTORED_WITH_FAILURES);
    assertThat(own.report().failures())
        .isEqualTo(
            List.of(
                "java.lang.IllegalStateException: no database", "java.io.IOException: port taken"));
  }

  @Test
  @DisplayName("does not stand in the way of the next one")
  void nextOne() throws Exception {
    TestResource resource =
        own.add("a", 1)
            .onDown(
                () -> {
                  throw new IOException("broken");
                });
    own.refused();
    resource.onDown(() -> {});

    assertThat(own.checkpoint().outcome()).isEqualTo(Outcome.RESTORED);
    assertThat(own.coordinator.isUnderWay()).isFalse();
  }

  @Test
  @DisplayName("gives resources a context that registers nothing")
  void contextRegistersNothing() {
    own.coordinator.register(
        new TestResource("a", 1, own.calls) {
          @Override
          public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
            register(context);
          }

          @SuppressWarnings("unchecked")
          private void register(Context<? extends Resource> context) {
            ((Context<Resource>) context).register(this);
          }
        });

    assertThat(own.refused())
        .singleElement()
        .isInstanceOf(UnsupportedOperationException.class)
        .extracting(Throwable::getMessage)
        .asString()
        .contains("CheckpointCoordinator.global()");
  }
}
