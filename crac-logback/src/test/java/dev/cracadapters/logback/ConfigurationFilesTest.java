/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("What a configuration is made from")
class ConfigurationFilesTest {

  @TempDir Path folder;

  private final Map<String, String> values = new HashMap<>(Map.of("TWO", "2", "KEY", "k"));

  @BeforeEach
  void configuration() throws Exception {
    Files.writeString(
        folder.resolve("logback.xml"),
        """
        <configuration>
          <property name="own" value="mine"/>
          <property file="${KEY}.properties"/>
          <contextName>${ONE}-${ own }</contextName>
          <property name="NESTED" value='${NONE:-${THREE:-deep}}'/>
          <appender name="A" class="X"><file>${FOUR_${TWO}}/x</file></appender>
          <if condition='isDefined("FIVE") || property("SIX").equals("x")'><then/></if>
          <condition class="C"><key>SEVEN</key></condition>
          <!-- ${COMMENT} -->
        </configuration>
        """);
  }

  private ConfigurationFiles read() throws Exception {
    return ConfigurationFiles.read(
        folder.resolve("logback.xml").toUri().toURL(), values::get, getClass().getClassLoader());
  }

  @ParameterizedTest
  @ValueSource(strings = {"ONE", "TWO", "NONE", "THREE", "FOUR_2", "FIVE", "SIX", "SEVEN", "KEY"})
  @DisplayName("are the variables in its texts, in defaults, in names of others and in conditions")
  void variables(String name) throws Exception {
    ConfigurationFiles before = read();
    values.put(name, "changed");
    assertThat(read().changesSince(before)).contains(name);
  }

  @Test
  @DisplayName("is an empty value, which differs from none")
  void empty() throws Exception {
    ConfigurationFiles before = read();
    values.put("ONE", "");
    assertThat(read().changesSince(before)).isEqualTo("ONE");
  }

  @ParameterizedTest
  @ValueSource(strings = {"COMMENT", "OTHER"})
  @DisplayName("is not what it names in comments, or never names")
  void others(String name) throws Exception {
    ConfigurationFiles before = read();
    values.put(name, "changed");
    assertThat(read().changesSince(before)).isEmpty();
  }

  @Test
  @DisplayName("is a file that is gone, or is there again")
  void gone() throws Exception {
    ConfigurationFiles before = read();
    Files.delete(folder.resolve("logback.xml"));
    ConfigurationFiles after = read();
    assertThat(after.changesSince(before)).contains("logback.xml");
    configuration();
    assertThat(read().changesSince(after)).contains("logback.xml");
  }
}
