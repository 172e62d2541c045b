/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A message without secrets")
class RedactorTest {

  @Test
  @DisplayName("masks what URLs hold, and what is known to be secret")
  void redact() {
    assertThat(
            Redactor.redact(
                "jdbc:x://me:a1@h/db?user=me&password=b2&sslpassword=c3; key is d4",
                Arrays.asList("d4", "", null)))
        .isEqualTo(
            "jdbc:x://me:<masked>@h/db?user=me&password=<masked>&sslpassword=<masked>; key is"
                + " <masked>");
  }

  @Test
  @DisplayName("tells an exception and its causes on one line, each once")
  void describe() {
    Exception failure =
        new IllegalStateException(
            "first\n  line", new RuntimeException("second", new RuntimeException("second")));

    assertThat(Redactor.describe(failure, List.of("first")))
        .isEqualTo(
            "java.lang.IllegalStateException: <masked> line, caused by"
                + " java.lang.RuntimeException: second");
  }

  @Test
  @DisplayName("knows the names of properties that hold secrets")
  void isSecret() {
    assertThat(List.of("trustStorePassword", "PWD", "accessToken", "clientSecret"))
        .allMatch(Redactor::isSecret);
    assertThat(Redactor.isSecret("user")).isFalse();
  }
}
