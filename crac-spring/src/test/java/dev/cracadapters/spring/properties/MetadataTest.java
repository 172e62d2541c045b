/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import static org.assertj.core.api.Assertions.assertThat;

import com.jayway.jsonpath.JsonPath;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.jdk.JdkSettings;
import dev.cracadapters.jetty.JettySettings;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.netty.NettySettings;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MetadataTest {

  private static Map<String, Map<String, Object>> properties;

  @BeforeAll
  static void read() throws Exception {
    try (InputStream file =
        MetadataTest.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
      List<Map<String, Object>> all = JsonPath.read(file, "$.properties");
      properties =
          all.stream()
              // The endpoint's own, management.endpoint.checkpoint.*, are Spring Boot's.
              .filter(entry -> ((String) entry.get("name")).startsWith("spring.crac."))
              .collect(Collectors.toMap(entry -> (String) entry.get("name"), entry -> entry));
    }
  }

  @Test
  @DisplayName("Every property has a description that is a sentence, and a type")
  void everyPropertyIsDescribed() {
    assertThat(properties).hasSizeGreaterThanOrEqualTo(16);
    assertThat(properties.values())
        .allSatisfy(
            property -> {
              assertThat((String) property.get("description")).endsWith(".").contains(" ");
              assertThat(property.get("type")).isNotNull();
            });
  }

  @Test
  @DisplayName("Every property but the image folder, the pause files and the signal has a default")
  void everyPropertyHasItsDefault() {
    assertThat(properties.values())
        .filteredOn(property -> !property.containsKey("defaultValue"))
        .extracting(property -> property.get("name"))
        .containsExactlyInAnyOrder(
            "spring.crac.image",
            "spring.crac.image-key",
            "spring.crac.image-encryption",
            "spring.crac.resource-policies",
            "spring.crac.pause.file",
            "spring.crac.pause.ready-file",
            "spring.crac.pause.go-file",
            "spring.crac.checkpoint-signal");
  }

  @Test
  @DisplayName("Each setting of each adapter is a property of the same name with the same default")
  void adaptersAreCovered() throws Exception {
    Map<String, Object> expected = new TreeMap<>();
    expected.putAll(settings("", CoordinatorSettings.fromSystemProperties()));
    expected.putAll(settings("hikari.", HikariSettings.defaults()));
    expected.putAll(settings("jdk.", JdkSettings.defaults()));
    expected.putAll(settings("jetty.", JettySettings.defaults()));
    expected.putAll(settings("logback.", LogbackSettings.defaults()));
    expected.putAll(settings("netty.", NettySettings.defaults()));
    expected.remove("spring.crac.image");
    // The engines' settings are read in their own packages.
    expected.put("spring.crac.criu.command", "criu");
    expected.put("spring.crac.criu.dump-timeout", "120s");
    expected.put("spring.crac.criu.restore-timeout", "60s");
    expected.put("spring.crac.criu.trim", true);
    expected.put("spring.crac.criu.map", "off");
    expected.put("spring.crac.pause.mode", "continue");
    expected.put("spring.crac.pause.signal", "CONT");
    expected.put("spring.crac.pause.timeout", "10m");
    expected.put("spring.crac.pause.hold-threads", true);
    expected.put("spring.crac.leave-running", false);
    expected.put("spring.crac.verify", "auto");

    Map<String, Object> given = new TreeMap<>();
    properties.forEach((name, property) -> given.put(name, property.get("defaultValue")));
    given
        .keySet()
        .removeAll(
            List.of(
                "spring.crac.enabled",
                "spring.crac.lifecycle-timeout",
                "spring.crac.image",
                "spring.crac.image-key",
                "spring.crac.image-encryption",
                "spring.crac.image-key",
                "spring.crac.image-encryption",
                "spring.crac.resource-policies",
                "spring.crac.pause.file",
                "spring.crac.pause.ready-file",
                "spring.crac.pause.go-file",
                "spring.crac.checkpoint-signal"));
    assertThat(given).isEqualTo(expected);
  }

  private static Map<String, Object> settings(String prefix, Record defaults) throws Exception {
    Map<String, Object> settings = new TreeMap<>();
    for (RecordComponent component : defaults.getClass().getRecordComponents()) {
      String name = component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
      settings.put("spring.crac." + prefix + name, words(component.getAccessor().invoke(defaults)));
    }
    return settings;
  }

  /** As the metadata writes a value. */
  private static Object words(Object value) {
    if (value instanceof Duration duration) {
      return duration.toMillis() % 1000 == 0
          ? duration.toSeconds() + "s"
          : duration.toMillis() + "ms";
    }
    return value instanceof Enum<?> constant
        ? constant.name().toLowerCase(Locale.ROOT).replace('_', '-')
        : value;
  }
}
