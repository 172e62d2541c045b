/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This JVM's flags. What is changed here is put back when it is closed, whatever happened between.
 */
public final class JvmFlags implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(JvmFlags.class);

  private record Change(String name, String before) {}

  private final @Nullable HotSpotDiagnosticMXBean jvm =
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
  private final Deque<Change> changes = new ArrayDeque<>();

  /** A flag's value, empty where this JVM has no such flag. */
  public Optional<String> value(String name) {
    try {
      return jvm == null ? Optional.empty() : Optional.of(jvm.getVMOption(name).getValue());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Whether a flag is there and on. */
  public boolean isOn(String name) {
    return value(name).filter("true"::equals).isPresent();
  }

  /** Changes a flag where this JVM lets it be changed while it runs. */
  void change(String name, String value) {
    try {
      if (jvm == null || !jvm.getVMOption(name).isWriteable()) {
        return;
      }
      String before = jvm.getVMOption(name).getValue();
      // Noted first: putting back a flag that was not changed after all does no harm.
      changes.push(new Change(name, before));
      jvm.setVMOption(name, value);
    } catch (IllegalArgumentException e) {
      LOG.debug("This JVM cannot have {}={}", name, value, e);
    }
  }

  /** Twice, if need be: a heap without any room to spare is collected all the time. */
  private void putBack(Change change) {
    try {
      jvm.setVMOption(change.name, change.before);
    } catch (RuntimeException | Error e) {
      jvm.setVMOption(change.name, change.before);
    }
  }

  /** Puts back what was changed, the last first: the JVM refuses a minimum above its maximum. */
  @Override
  public void close() {
    while (!changes.isEmpty()) {
      Change change = changes.pop();
      try {
        putBack(change);
      } catch (RuntimeException | Error e) { // the others are put back all the same
        LOG.warn("The flag {} cannot be put back to {}", change.name, change.before, e);
      }
    }
  }
}
