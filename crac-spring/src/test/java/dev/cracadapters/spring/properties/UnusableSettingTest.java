/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.spring.EnableCrac;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;

@ExtendWith(OutputCaptureExtension.class)
class UnusableSettingTest {

  @Configuration(proxyBeanMethods = false)
  @EnableCrac
  static class Application {}

  @ParameterizedTest(name = "spring.crac.{0}={1}")
  @DisplayName(
      "A value that cannot be used ends the start in one line with the property and what is allowed")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          rehearse | nonsense | rehearse is "nonsense", which is not auto, off or a number of rehearsals
          rehearse | -1 | rehearse is "-1", which is not auto, off or a number of rehearsals
          verify | sometimes | verify is "sometimes", which is none of auto, restore, off
          verify | true | verify is "true", which is none of auto, restore, off
          criu.map | some | criu.map is "some", which is none of on, off
          walk-timeout | 0s | walk-timeout is PT0S, and has to be longer than zero
          resource-timeout | -5s | resource-timeout is PT-5S, and has to be longer than zero
          checkpoint-signal | NONE | checkpoint-signal is "NONE": Unknown signal: NONE. Take USR1, or USR2
          pause | hold | pause is "hold", but is called spring.crac.pause.mode here
          jetty.drain-timeout | -1s | jetty.drain-timeout is negative: PT-1S
          hikari.drain-timeout | 0s | hikari.drain-timeout is PT0S, it must be longer than zero
          """)
  void oneLine(String name, String value, String line, CapturedOutput output) {
    SpringApplication application = new SpringApplication(Application.class);
    application.setWebApplicationType(WebApplicationType.NONE);
    assertThatThrownBy(
        () -> application.run("--spring.crac.enabled=true", "--spring.crac." + name + "=" + value));
    assertThat(output.getAll())
        .contains("APPLICATION FAILED TO START", "\nProperty spring.crac." + line + "\n")
        .doesNotContain("\tat ");
  }
}
