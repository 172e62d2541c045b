/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import dev.cracadapters.core.Registration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;

/**
 * Hands the engines their settings. Engines know nothing of Spring and read system properties, so
 * that is where the settings go. A system property that is set already stands.
 */
public final class EngineSettings {

  private EngineSettings() {}

  /** Sets the system properties, until the result is closed. */
  public static Registration publish(CracProperties properties, Environment environment) {
    CriuProperties criu =
        EnvironmentProperties.read(environment, "spring.crac.criu", CriuProperties.class);
    PauseProperties pause =
        EnvironmentProperties.read(environment, "spring.crac.pause", PauseProperties.class);
    Map<String, @Nullable Object> settings = new LinkedHashMap<>();
    settings.put("crac.leave-running", properties.leaveRunning());
    settings.put(
        "crac.verify", one("spring.crac.verify", properties.verify(), "auto", "restore", "off"));
    settings.put("crac.image-key", properties.imageKey());
    settings.put("crac.image-encryption", properties.imageEncryption());
    settings.put("crac.resource-policies", properties.resourcePolicies());
    settings.put("crac.criu", criu.command());
    settings.put("crac.criu.dump-timeout", criu.dumpTimeout());
    settings.put("crac.criu.restore-timeout", criu.restoreTimeout());
    settings.put("crac.criu.trim", criu.trim());
    settings.put("crac.criu.map", one("spring.crac.criu.map", criu.map(), "on", "off"));
    // Not crac.pause, which is the short form and goes first.
    settings.put("crac.pause.mode", pause.mode());
    settings.put("crac.pause.signal", pause.signal());
    settings.put("crac.pause.timeout", pause.timeout());
    settings.put("crac.pause.file", pause.file());
    settings.put("crac.pause.ready-file", pause.readyFile());
    settings.put("crac.pause.go-file", pause.goFile());
    settings.put("crac.pause.hold-threads", pause.holdThreads());
    Registration handler =
        EarlySignal.handOver().orElseGet(() -> handler(properties.checkpointSignal()));
    List<String> set = new ArrayList<>();
    settings.forEach(
        (name, value) -> {
          String text = value == null ? "" : text(value);
          if (!text.isEmpty() && System.getProperty(name) == null) {
            System.setProperty(name, text);
            set.add(name);
          }
        });
    return () -> {
      handler.close();
      set.forEach(System::clearProperty);
    };
  }

  private static Registration handler(@Nullable String signal) {
    boolean isNamed = signal != null && !signal.isBlank();
    // Named by the system property it has its handler already.
    return isNamed && System.getProperty("crac.checkpoint-signal") == null
        ? EarlySignal.handler(signal)
        : () -> {};
  }

  /** YAML takes a bare {@code on} for {@code true}. */
  private static @Nullable String onOrOff(@Nullable String value) {
    if (value == null) {
      return null;
    }
    return switch (value.strip()) {
      case "true" -> "on";
      case "false" -> "off";
      default -> value;
    };
  }

  /**
   * A value that the engine reads at a checkpoint, which would be late to find out.
   *
   * @throws UnusableSettingException if it is none of those
   */
  private static @Nullable String one(String name, @Nullable String value, String... allowed) {
    String given = onOrOff(value);
    if (given == null || given.isBlank()) {
      return null;
    }
    if (!List.of(allowed).contains(given.strip().toLowerCase(Locale.ROOT))) {
      throw new UnusableSettingException(
          "Property %s is \"%s\", which is none of %s"
              .formatted(name, value, String.join(", ", allowed)),
          null);
    }
    return given;
  }

  private static String text(Object value) {
    if (value instanceof Duration duration) {
      return duration.toMillis() + "ms";
    }
    return value instanceof Enum<?> constant
        ? constant.name().toLowerCase(Locale.ROOT)
        : value.toString().strip();
  }
}
