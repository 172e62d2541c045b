/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A word for the shell")
class ShellWordsTest {

  private static String shell(String script) throws Exception {
    Process sh = new ProcessBuilder("sh", "-c", script).redirectErrorStream(true).start();
    try {
      sh.getOutputStream().close();
      String said = new String(sh.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(sh.waitFor(20, TimeUnit.SECONDS)).isTrue();
      return said;
    } finally {
      sh.destroyForcibly();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "plain",
        "two words",
        "it's",
        "'",
        "''",
        "\"$HOME\" `id` $(id) \\ \\\\ * ? [a] ~ # ! & ; | < > ( ) { }",
        "a\ttab and\na line",
        "-n"
      })
  @DisplayName("is taken as it is, whatever is in it")
  void asItIs(String word) throws Exception {
    assertThat(shell("printf '%s.' " + ShellWords.quote(word))).isEqualTo(word + ".");
  }

  @Test
  @DisplayName("can be assigned")
  void assigned() throws Exception {
    String script = ShellWords.assignments(Map.of("first", "it's 1", "second", "$first"));
    assertThat(script).isEqualTo("first='it'\\''s 1'\nsecond='$first'\n");
    assertThat(shell("set -eu\n" + script + "printf '%s|%s' \"$first\" \"$second\""))
        .isEqualTo("it's 1|$first");
  }
}
