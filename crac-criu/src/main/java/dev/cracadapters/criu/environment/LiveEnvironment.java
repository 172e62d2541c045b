/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.environment;

import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.core.support.LibraryInternals;
import java.lang.invoke.MethodHandles;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The environment variables of this process, in all places where they are read. Where this JDK
 * keeps one of them closed, a line in the log says so, and the variables are in {@link RestoreInfo}
 * all the same.
 */
public final class LiveEnvironment {

  private static final Logger LOG = LoggerFactory.getLogger(LiveEnvironment.class);

  private static @Nullable JdkEnvironment jdk;
  private static @Nullable NativeEnvironment library;
  private static @Nullable Throwable closed;
  private static String remedy = "";

  static {
    MethodHandles.Lookup trusted = null;
    try {
      trusted = LibraryInternals.trustedLookup();
      jdk = new JdkEnvironment(trusted);
      library = new NativeEnvironment(trusted);
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      closed = e;
      if (trusted == null) {
        closed = e.getCause() != null ? e.getCause() : e; // what the JDK itself says
        remedy = " Start the JVM with " + LibraryInternals.TRUSTED_LOOKUP_OPTION;
      }
    }
  }

  private LiveEnvironment() {}

  /** Before a dump: finds the ways in, so that a restore need not. */
  public static void prepare() {
    LOG.debug("The ways to the environment variables: {}", closed == null ? "open" : closed);
  }

  /** The variables as they are, raw: a character for each byte. */
  public static Map<String, String> get() {
    if (jdk != null) {
      return jdk.get();
    }
    Map<String, String> variables = new LinkedHashMap<>();
    RestoreInfo.latest()
        .map(RestoreInfo::environment)
        .orElseGet(System::getenv)
        .forEach(
            (name, value) ->
                variables.put(RestoreEnvironment.raw(name), RestoreEnvironment.raw(value)));
    return variables;
  }

  static void set(Map<String, String> variables) {
    if (variables.equals(get())) {
      return;
    }
    Throwable failure = closed;
    try {
      if (jdk != null) {
        jdk.set(variables);
      }
      if (library != null) {
        library.set(variables);
      }
    } catch (IllegalStateException e) {
      failure = e;
    }
    if (failure != null) {
      LOG.warn(
          "JDK {} keeps its environment variables closed ({}): {} still those of the checkpoint;"
              + " those of the restore are in RestoreInfo.environment().{}",
          System.getProperty("java.vm.version"),
          failure.toString(),
          jdk == null
              ? "System.getenv and child processes have"
              : "native libraries, and child processes without a ProcessBuilder.environment(),"
                  + " have",
          remedy);
    }
  }
}
