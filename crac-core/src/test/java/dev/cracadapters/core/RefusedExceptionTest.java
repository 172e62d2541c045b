/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.crac.CheckpointException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A refusal")
class RefusedExceptionTest {

  @Test
  @DisplayName("says in one message what is in the way, why, and what can be done")
  void message() {
    assertThat(new RefusedException("HikariPool-1", "2 connections are borrowed", "wait"))
        .isInstanceOf(CheckpointException.class)
        .hasMessage("HikariPool-1: 2 connections are borrowed. wait")
        .hasNoCause();
  }

  @Test
  @DisplayName("keeps the exception behind it")
  void cause() {
    IOException reason = new IOException("disk");

    assertThat(new RefusedException("app.log", "it cannot be closed", "look", reason))
        .hasCause(reason);
    assertThat(new RefusedException("app.log", "it cannot be closed", "look", null)).hasNoCause();
  }
}
