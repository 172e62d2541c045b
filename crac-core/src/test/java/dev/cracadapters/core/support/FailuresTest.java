/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
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
}
