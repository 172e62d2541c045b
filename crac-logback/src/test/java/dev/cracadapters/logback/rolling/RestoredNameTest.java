/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The name of a restored process's file")
class RestoredNameTest {

  @ParameterizedTest(name = "{0} becomes {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "app.log | app.ID.log",
        "/var/log.d/v1.2/app.log | /var/log.d/v1.2/app.ID.log",
        "/var/log.d/app | /var/log.d/app.ID",
        "logs/.hidden | logs/.hidden.ID",
        "app.log.%i | app.log.ID.%i",
        "app.%d.%i.log.gz | app.%d.%i.ID.log.gz",
        "app-%d{yyyy.MM.dd} | app-%d{yyyy.MM.dd}.ID",
        "app-%d{yyyy.MM.dd}.zip | app-%d{yyyy.MM.dd}.ID.zip",
        "%d{yyyy/MM, aux}/app.%d{dd}.log.xz | %d{yyyy/MM, aux}/app.%d{dd}.ID.log.xz",
        "${LOGS:-/var/log.d}/app | ${LOGS:-/var/log.d}/app.ID"
      })
  void with(String name, String restored) {
    assertThat(RestoredName.with(name, "ID")).isEqualTo(restored);
    assertThat(RestoredName.without(restored, "ID")).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"log", "l", "gz", "%i", "app"})
  @DisplayName("leads back to the configured one, also where the ID is as a part of it")
  void back(String id) {
    String part = RestoredName.part(id);
    for (String name : List.of("app", "app.log", "app.log.gz", "app.%i", "a.app/app.app")) {
      assertThat(RestoredName.without(RestoredName.with(name, part), part)).isEqualTo(name);
    }
  }

  @Test
  @DisplayName("has nothing of the instance's ID that means something in a path or a pattern")
  void cleanPart() {
    assertThat(RestoredName.part("web-1.eu_2")).isEqualTo("web-1.eu_2");
    assertThat(RestoredName.part("../x%i{y}")).matches("[A-Za-z0-9._-]+").doesNotContain("/");
  }

  @Test
  @DisplayName("never has archives compressed that were not")
  void notCompressed() {
    assertThat(RestoredName.compression(RestoredName.with("app-%d", RestoredName.part("gz"))))
        .isEmpty();
    assertThat(RestoredName.compression(RestoredName.with("app-%d", RestoredName.part("a.zip"))))
        .isEmpty();
  }

  @Test
  @DisplayName("is another for each instance, and not too long for a file system")
  void anotherForEach() {
    assertThat(RestoredName.part("a/b")).isNotEqualTo(RestoredName.part("a:b"));
    assertThat(RestoredName.part("x".repeat(200) + 1))
        .hasSizeLessThan(120)
        .isNotEqualTo(RestoredName.part("x".repeat(200) + 2));
  }
}
