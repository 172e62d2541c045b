/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.configuration;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.ReconfigureOnChangeTask;
import ch.qos.logback.core.joran.GenericXMLConfigurator;
import ch.qos.logback.core.spi.ConfigurationEvent;
import ch.qos.logback.core.spi.ConfigurationEventListener;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.appender.OpenPart;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps Logback from reading its configuration file again, which would reset the context and open
 * files, and waits for a configuration that is being read. A scan that is due meanwhile waits at
 * its very beginning and goes on after the restore; it then finds a file that changed in between.
 *
 * <p>An application may configure its context itself meanwhile, on a thread that the checkpoint may
 * depend on. It is not held up; what it has opened is closed when it is done.
 */
public final class PausedScanning implements OpenPart, ConfigurationEventListener {

  private static final Map<String, Set<String>> CONFIGURING =
      Map.of(
          ReconfigureOnChangeTask.class.getName(), Set.of("run"),
          GenericXMLConfigurator.class.getName(), Set.of("doConfigure", "processModel"),
          LoggerContext.class.getName(), Set.of("reset", "stop"));

  private final Runnable configured;
  private @Nullable LoggerContext paused;

  /** {@code configured} is called when a context was configured while scanning is paused. */
  public PausedScanning(Runnable configured) {
    this.configured = configured;
  }

  @Override
  public void close(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {
    synchronized (this) {
      if (paused == null) {
        paused = context;
        context.addConfigurationEventListener(this);
      }
    }
    if (!deadline.await(() -> !isBeingConfigured())) {
      throw new RefusedException(
          "logback " + context.getName(),
          "its configuration is still being read at the end of drain-timeout",
          "Raise crac.logback.drain-timeout (with Spring: spring.crac.logback.drain-timeout)");
    }
  }

  @Override
  public synchronized void open(Deadline deadline) {
    if (paused != null) {
      paused.removeConfigurationEventListener(this);
      paused = null;
      notifyAll();
    }
  }

  @Override
  public void listen(ConfigurationEvent event) {
    switch (event.getEventType()) {
      case CHANGE_DETECTOR_RUNNING -> waitUntilOpen();
      case CONFIGURATION_ENDED_SUCCESSFULLY,
          CONFIGURATION_ENDED_WITH_XML_PARSING_ERRORS,
          PARTIAL_CONFIGURATION_ENDED_SUCCESSFULLY -> {
        if (isPaused()) {
          configured.run();
        }
      }
      default -> {
        // It begins; what it opens is seen at its end.
      }
    }
  }

  private synchronized boolean isPaused() {
    return paused != null;
  }

  private synchronized void waitUntilOpen() {
    try {
      while (paused != null) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("The context is stopped while a checkpoint is under way");
    }
  }

  private static boolean isBeingConfigured() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(entry -> entry.getKey() != Thread.currentThread())
        .anyMatch(entry -> isConfiguring(entry.getValue()));
  }

  private static boolean isConfiguring(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      if (frame.getClassName().equals(PausedScanning.class.getName())) {
        return false; // it waits for the restore
      }
      if (CONFIGURING
          .getOrDefault(frame.getClassName(), Set.of())
          .contains(frame.getMethodName())) {
        return true;
      }
    }
    return false;
  }
}
