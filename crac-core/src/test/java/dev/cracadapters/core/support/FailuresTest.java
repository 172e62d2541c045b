/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Of steps that are all tried")
class FailuresTest {

  private final Failures<IOException> failures = new Failures<>();

  @Test
  @DisplayName("nothing is thrown where none failed")
  void none() throws IOException {
    failures.throwIfAny();
  }

  @Test
  @DisplayName("the first failure is thrown, with the later ones in it")
  void first() {
    IOException one = new IOException("one");
    IOException two = new IOException("two");
    IOException three = new IOException("three");
    failures.note(one);
    failures.note(two);
    failures.note(three);

    assertThatThrownBy(failures::throwIfAny).isSameAs(one);
    assertThat(one.getSuppressed()).containsExactly(two, three);
  }

  @Test
  @DisplayName("an Error keeps no other from being tried")
  void error() {
    StackOverflowError error = new StackOverflowError();
    List<String> tried = new ArrayList<>();
    assertThat(
            failures.attempt(
                () -> {
                  throw error;
                },
                IOException::new))
        .isFalse();
    assertThat(failures.attempt(() -> tried.add("second"), IOException::new)).isTrue();

    assertThatThrownBy(failures::throwIfAny).isSameAs(error);
    assertThat(tried).containsExactly("second");
  }

  @Test
  @DisplayName("one whose failure cannot be described fails with that failure")
  void undescribed() {
    IOException failure = new IOException("one");
    IllegalStateException describing = new IllegalStateException("no message");
    failures.attempt(
        () -> {
          throw failure;
        },
        e -> {
          throw describing;
        });

    assertThatThrownBy(failures::throwIfAny).isSameAs(failure);
    assertThat(failure.getSuppressed()).containsExactly(describing);
  }

  @Test
  @DisplayName("two may fail with the same exception")
  void same() {
    IOException failure = new IOException("one");
    failures.note(failure);
    failures.note(failure);

    assertThatThrownBy(failures::throwIfAny).isSameAs(failure);
  }
}
