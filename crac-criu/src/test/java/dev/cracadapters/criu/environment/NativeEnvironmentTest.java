/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.environment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.support.LibraryInternals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TimeZone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The C library's environment variables")
class NativeEnvironmentTest {

  private NativeEnvironment environment;
  private Map<String, String> before;

  @BeforeEach
  void reach() throws Exception {
    before = ofAChild();
    environment = new NativeEnvironment(LibraryInternals.trustedLookup());
  }

  @AfterEach
  void putBack() {
    environment.set(before);
  }

  private static Map<String, String> ofAChild() throws IOException {
    Process env = new ProcessBuilder("/usr/bin/env", "-0").start();
    String raw = new String(env.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    Map<String, String> variables = new LinkedHashMap<>();
    for (String entry : raw.split("\0")) {
      if (!entry.isEmpty()) {
        int equals = entry.indexOf('=');
        variables.put(entry.substring(0, equals), entry.substring(equals + 1));
      }
    }
    return variables;
  }

  @Test
  @DisplayName("are inherited by child processes, byte for byte and in their order")
  void inherited() throws Exception {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("Z", "last letter first");
    variables.put("BYTES", "a\u00ff\u0080\n=");
    variables.put("EMPTY", "");
    for (int i = 0; i < 3000; i++) {
      variables.put("VARIABLE_" + i, "value " + i);
    }

    environment.set(variables);
    assertThat(ofAChild()).containsExactlyEntriesOf(variables);

    environment.set(Map.of());
    assertThat(ofAChild()).isEmpty();

    environment.set(before);
    assertThat(ofAChild()).containsExactlyEntriesOf(before);
  }

  @Test
  @DisplayName("are what getenv in a native library finds, such as the JDK's own that looks for TZ")
  void getenv() {
    TimeZone zone = TimeZone.getDefault();
    String property = System.clearProperty("user.timezone");
    try {
      environment.set(Map.of("TZ", "Asia/Kathmandu"));
      TimeZone.setDefault(null);
      assertThat(TimeZone.getDefault().getID()).isEqualTo("Asia/Kathmandu");
    } finally {
      if (property != null) {
        System.setProperty("user.timezone", property);
      }
      TimeZone.setDefault(zone);
    }
  }

  @Test
  @DisplayName("stay as they are until they are set")
  void untouched() throws Exception {
    assertThat(ofAChild()).containsExactlyEntriesOf(before);
  }
}
