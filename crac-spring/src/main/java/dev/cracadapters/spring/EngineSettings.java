/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import dev.cracadapters.core.Registration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Hands the engines their settings. Engines know nothing of Spring and read system properties, so
 * that is where the settings go; one that is set as a system property already stands.
 */
final class EngineSettings {

  private EngineSettings() {}

  /** Sets the system properties, until the result is closed. */
  static Registration publish(CracProperties properties) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("crac.criu", properties.getCriu().getCommand());
    settings.put("crac.criu.dump-timeout", millis(properties.getCriu().getDumpTimeout()));
    settings.put("crac.criu.restore-timeout", millis(properties.getCriu().getRestoreTimeout()));
    settings.put("crac.criu.trim", Boolean.toString(properties.getCriu().isTrim()));
    settings.put("crac.pause.timeout", millis(properties.getPause().getTimeout()));
    String file = properties.getPause().getFile();
    if (file != null && !file.isBlank()) {
      settings.put("crac.pause.file", file.strip());
    }
    String policies = properties.getResourcePolicies();
    if (policies != null && !policies.isBlank()) {
      settings.put("crac.resource-policies", policies.strip());
    }
    List<String> set = new ArrayList<>();
    settings.forEach(
        (name, value) -> {
          if (System.getProperty(name) == null) {
            System.setProperty(name, value);
            set.add(name);
          }
        });
    return () -> set.forEach(System::clearProperty);
  }

  private static String millis(Duration duration) {
    return duration.toMillis() + "ms";
  }
}
