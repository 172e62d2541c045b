/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A library that has an adapter")
class AdaptedLibraryTest {

  @Test
  @DisplayName("lacks it where the library is there alone")
  void lacks() {
    assertThat(AdaptedLibrary.LOGBACK.lacksAdapter(getClass().getClassLoader())).isTrue();
    assertThat(AdaptedLibrary.LOGBACK.isAdapted(null)).isFalse();
    assertThat(AdaptedLibrary.LOGBACK.artifact()).isEqualTo("crac-logback");
    assertThat(AdaptedLibrary.LOGBACK.title()).isEqualTo("Logback");
  }

  @Test
  @DisplayName("lacks nothing where the library is not there")
  void noLibrary() {
    assertThat(AdaptedLibrary.HIKARI.lacksAdapter(null)).isFalse();
    assertThat(AdaptedLibrary.HIKARI.isAdapted(null)).isFalse();
  }
}
