/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Settings from system properties")
class SystemSettingsTest {

  private static final String PROPERTY = "crac.test.some-name";
  private static final Duration OTHERWISE = Duration.ofSeconds(77);

  private final SystemSettings settings = SystemSettings.below("crac.test");

  @AfterEach
  void clear() {
    System.clearProperty(PROPERTY);
  }

  @ParameterizedTest
  @CsvSource({
    "0, PT0S",
    "1500, PT1.5S",
    "500ms, PT0.5S",
    "10s, PT10S",
    "2m, PT2M",
    "1h, PT1H",
    "1d, P1D",
    "10 s, PT10S",
    "10S, PT10S",
    "PT10S, PT10S",
    "pt1m30s, PT1M30S",
    "P1D, P1D",
    "' 10s ', PT10S"
  })
  @DisplayName("read each form of a duration")
  void duration(String text, Duration expected) {
    System.setProperty(PROPERTY, text);

    assertThat(settings.duration("some-name", OTHERWISE)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "soon",
        "10 seconds",
        "1.5s",
        "-5s",
        "s",
        "10s 5ms",
        "99999999999999999999",
        "9223372036854775807d"
      })
  @DisplayName("refuse a mistyped duration with property, value and form")
  void badDuration(String text) {
    System.setProperty(PROPERTY, text);

    assertThatThrownBy(() -> settings.duration("some-name", OTHERWISE))
        .isExactlyInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "System property crac.test.some-name is \"" + text + "\", which is not a duration");
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "42, 42", "-1, -1", "' 7 ', 7"})
  @DisplayName("read a whole number")
  void number(String text, int expected) {
    System.setProperty(PROPERTY, text);

    assertThat(settings.number("some-name", 5)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ten", "1.0", "2147483648", "1_000"})
  @DisplayName("refuse a mistyped number with property, value and form")
  void badNumber(String text) {
    System.setProperty(PROPERTY, text);

    assertThatThrownBy(() -> settings.number("some-name", 5))
        .isExactlyInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "System property crac.test.some-name is \"" + text + "\", which is not a whole number");
  }

  @ParameterizedTest
  @CsvSource({"true, true", "TRUE, true", "false, false", "False, false"})
  @DisplayName("read a yes or no")
  void flag(String text, boolean expected) {
    System.setProperty(PROPERTY, text);

    assertThat(settings.flag("some-name", !expected)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "1", "on", "ture"})
  @DisplayName("refuse a mistyped yes or no, rather than take it for no")
  void badFlag(String text) {
    System.setProperty(PROPERTY, text);

    assertThatThrownBy(() -> settings.flag("some-name", true))
        .isExactlyInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "System property crac.test.some-name is \"" + text + "\", which is not true or false");
  }

  @Test
  @DisplayName("read a text, without the blanks around it")
  void text() {
    System.setProperty(PROPERTY, "  a text ");

    assertThat(settings.text("some-name", "default")).isEqualTo("a text");
  }

  @Test
  @DisplayName("are the defaults where a property is absent")
  void absent() {
    assertDefaults();
  }

  @Test
  @DisplayName("are the defaults where a property is blank")
  void blank() {
    System.setProperty(PROPERTY, "  ");

    assertDefaults();
  }

  private void assertDefaults() {
    assertThat(settings.text("some-name", "default")).isEqualTo("default");
    assertThat(settings.duration("some-name", OTHERWISE)).isEqualTo(OTHERWISE);
    assertThat(settings.number("some-name", 5)).isEqualTo(5);
    assertThat(settings.flag("some-name", true)).isTrue();
    assertThat(settings.flag("some-name", false)).isFalse();
  }

  @Test
  @DisplayName("are read anew at each call")
  void readAnew() {
    System.setProperty(PROPERTY, "1");
    assertThat(settings.number("some-name", 5)).isEqualTo(1);
    System.setProperty(PROPERTY, "2");

    assertThat(settings.number("some-name", 5)).isEqualTo(2);
  }

  private enum Way {
    THIS_WAY,
    THAT_WAY
  }

  @ParameterizedTest
  @CsvSource({"this-way, THIS_WAY", "THAT-way, THAT_WAY", "' this-way ', THIS_WAY", "'', THAT_WAY"})
  @DisplayName("read one of some words")
  void choice(String text, Way expected) {
    System.setProperty(PROPERTY, text);

    assertThat(settings.choice("some-name", Way.THAT_WAY)).isEqualTo(expected);
  }

  @Test
  @DisplayName("refuse another word, and tell the right ones")
  void badChoice() {
    System.setProperty(PROPERTY, "third-way");

    assertThatThrownBy(() -> settings.choice("some-name", Way.THIS_WAY))
        .isExactlyInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "System property crac.test.some-name is \"third-way\", which is not one of this-way, that-way");
  }
}
