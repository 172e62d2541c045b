/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The command crac-criu")
class CracCriuTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "checkpoint 1 --image=|checkpoint: Invalid value for option '--image'",
        "doctor --image=|doctor: Invalid value for option '--image'",
        "run --image= -version|run: Invalid value for option '--image'",
      })
  @DisplayName("takes no empty name for the working directory")
  void empty(String arguments, String beginning) {
    StringWriter error = new StringWriter();
    int status =
        CracCriu.commandLine().setErr(new PrintWriter(error, true)).execute(arguments.split(" "));
    assertThat(status).isEqualTo(2);
    assertThat(error.toString())
        .startsWith(beginning)
        .contains("it is empty: name a folder; see crac-criu ")
        .hasLineCount(1);
  }
}
