/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import dev.cracadapters.core.CheckpointSignal;
import dev.cracadapters.core.Registration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hands the engines their settings. Engines know nothing of Spring and read system properties, so
 * that is where the settings go; one that is set as a system property already stands.
 */
public final class EngineSettings {

  private EngineSettings() {}

  /** Sets the system properties, until the result is closed. */
  public static Registration publish(CracProperties properties) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("crac.leave-running", Boolean.toString(properties.isLeaveRunning()));
    settings.put("crac.criu", properties.getCriu().getCommand());
    settings.put("crac.criu.dump-timeout", millis(properties.getCriu().getDumpTimeout()));
    settings.put("crac.criu.restore-timeout", millis(properties.getCriu().getRestoreTimeout()));
    settings.put("crac.criu.trim", Boolean.toString(properties.getCriu().isTrim()));
    CracProperties.Pause pause = properties.getPause();
    // Not crac.pause, which is the short form and goes first.
    settings.put("crac.pause.mode", pause.getMode().name().toLowerCase(Locale.ROOT));
    settings.put("crac.pause.signal", pause.getSignal());
    settings.put("crac.pause.timeout", millis(pause.getTimeout()));
    putIfGiven(settings, "crac.pause.file", pause.getFile());
    putIfGiven(settings, "crac.pause.ready-file", pause.getReadyFile());
    putIfGiven(settings, "crac.pause.go-file", pause.getGoFile());
    putIfGiven(settings, "crac.resource-policies", properties.getResourcePolicies());
    String signal = properties.getCheckpointSignal();
    boolean isNamed = signal != null && !signal.isBlank();
    // Named by the system property it has its handler already.
    Registration handler =
        isNamed && System.getProperty("crac.checkpoint-signal") == null
            ? CheckpointSignal.install(signal)
            : () -> {};
    List<String> set = new ArrayList<>();
    settings.forEach(
        (name, value) -> {
          if (System.getProperty(name) == null) {
            System.setProperty(name, value);
            set.add(name);
          }
        });
    return () -> {
      handler.close();
      set.forEach(System::clearProperty);
    };
  }

  private static void putIfGiven(
      Map<String, String> settings, String name, @Nullable String value) {
    if (value != null && !value.isBlank()) {
      settings.put(name, value.strip());
    }
  }

  private static String millis(Duration duration) {
    return duration.toMillis() + "ms";
  }
}
