/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.environment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The environment that a restore gives to a process")
class RestoreEnvironmentTest {

  private static final List<String> CALLER =
      List.of("A=caller's", "B=caller's", "A=hidden by the first", "none", "=", "=X=odd", "E=");

  private static RestoreEnvironment environment(Map<String, List<String>> fields) {
    return RestoreEnvironment.of(fields, CALLER, () -> Map.of("A", "old", "O", "old"));
  }

  @Test
  @DisplayName("has the variables of the restore's caller, read as the JDK reads its own")
  void callers() {
    assertThat(environment(Map.of()).environment())
        .isEqualTo(Map.of("A", "caller's", "B", "caller's", "=X", "odd", "E", ""));
  }

  @Test
  @DisplayName("has the variables that were given, the last of a name, beside the caller's")
  void given() {
    assertThat(environment(Map.of("variable", List.of("A=1", "N=x=y\n", "A=", "B"))).environment())
        .isEqualTo(Map.of("A", "", "B", "caller's", "=X", "odd", "E", "", "N", "x=y\n"));
  }

  @Test
  @DisplayName("has the old variables where they are to be kept, but for what is given and picked")
  void kept() {
    assertThat(environment(Map.of("keep-environment", List.of(""))).environment())
        .isEqualTo(Map.of("A", "old", "O", "old"));
    assertThat(
            environment(
                    Map.of(
                        "keep-environment", List.of(""),
                        "take", List.of("B", "O*"),
                        "variable", List.of("E", "N=1", "missing")))
                .environment())
        .isEqualTo(Map.of("A", "old", "O", "old", "B", "caller's", "E", "", "N", "1"));
  }

  @Test
  @DisplayName("prefers what is given to what is picked, and that to what is kept")
  void order() {
    assertThat(
            environment(
                    Map.of(
                        "keep-environment", List.of(""),
                        "take", List.of("*"),
                        "variable", List.of("B=given")))
                .environment())
        .containsEntry("A", "caller's")
        .containsEntry("B", "given")
        .containsEntry("O", "old");
  }

  @ParameterizedTest
  @CsvSource({
    "SPRING_*, SPRING_PORT, true",
    "SPRING_*, SPRING_, true",
    "SPRING_*, MY_SPRING_PORT, false",
    "*, X, true",
    "?, X, true",
    "?, XY, false",
    "*_URL, DB_URL, true",
    "A.B, AxB, false",
    "A.B, A.B, true",
    "[AB], A, false",
    "(A), (A), true",
    "a*, A, false"
  })
  @DisplayName("picks by patterns in which * and ? alone mean more than themselves")
  void patterns(String pattern, String name, boolean picked) {
    RestoreEnvironment environment =
        RestoreEnvironment.of(
            Map.of("keep-environment", List.of(""), "take", List.of(pattern)),
            List.of(name + "=1"),
            Map::of);
    assertThat(environment.environment().containsKey(name)).isEqualTo(picked);
  }

  @Test
  @DisplayName("has properties as java's -D gives them")
  void properties() {
    assertThat(
            environment(
                    Map.of(
                        "property",
                        List.of(
                            "a=1", "b", "c=", "d=x=y", "a=2", RestoreEnvironment.raw("umlaut=ü"))))
                .properties())
        .isEqualTo(Map.of("a", "2", "b", "", "c", "", "d", "x=y", "umlaut", "ü"));
  }

  @Test
  @DisplayName("is shown as text in UTF-8, whatever its bytes are")
  void text() {
    RestoreEnvironment environment =
        RestoreEnvironment.of(
            Map.of(), List.of(RestoreEnvironment.raw("Ü=ä€"), "BYTES=a\u00ff\u0080b"), Map::of);
    assertThat(environment.environmentAsText())
        .isEqualTo(Map.of("Ü", "ä€", "BYTES", "a\ufffd\ufffdb"));
    assertThat(environment.environment()).containsEntry("BYTES", "a\u00ff\u0080b");
  }
}
