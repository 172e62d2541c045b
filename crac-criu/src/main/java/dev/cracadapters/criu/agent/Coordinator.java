/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.agent;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.jspecify.annotations.Nullable;

/**
 * This JVM's coordinator, by JMX: its classes may lie anywhere, in the jars inside a jar for
 * example, where no other class loader sees them.
 */
final class Coordinator {

  private static final String NAME = "dev.cracadapters:type=Checkpoint";
  private static final String CLASS = "dev.cracadapters.core.CheckpointCoordinator";

  /** Says nothing of the missing logging library, where the engine is ours alone. */
  private static final String SLF4J = "slf4j.internal.verbosity";

  private final MBeanServer server;
  private final ObjectName name;

  private Coordinator(MBeanServer server, ObjectName name) {
    this.server = server;
    this.name = name;
  }

  /** The application's; one on its class path that nobody has asked for yet; or else our own. */
  static Coordinator find(Path commandJar)
      throws IOException, ReflectiveOperationException, JMException {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ObjectName name = new ObjectName(NAME);
    if (!server.isRegistered(name)) {
      try {
        start(ClassLoader.getSystemClassLoader());
      } catch (ClassNotFoundException e) {
        startOwn(commandJar);
      }
    }
    return new Coordinator(server, name);
  }

  private static void startOwn(Path commandJar) throws IOException, ReflectiveOperationException {
    String before = System.getProperty(SLF4J);
    System.setProperty(SLF4J, "ERROR");
    try {
      start(new JarInMemory(commandJar));
    } finally {
      setProperty(SLF4J, before);
    }
  }

  static void setProperty(String name, @Nullable String value) {
    if (value == null) {
      System.clearProperty(name);
    } else {
      System.setProperty(name, value);
    }
  }

  private static void start(ClassLoader loader) throws ReflectiveOperationException {
    Class.forName(CLASS, true, loader).getMethod("global").invoke(null);
  }

  String image() throws JMException {
    return (String) server.getAttribute(name, "Image");
  }

  boolean leavesRunning() throws JMException {
    return (Boolean) server.getAttribute(name, "LeaveRunning");
  }

  Map<String, String> checkpoint(String image, boolean leaveRunning) throws JMException {
    TabularData rows =
        (TabularData)
            server.invoke(
                name,
                "checkpoint",
                new Object[] {image, leaveRunning},
                new String[] {String.class.getName(), boolean.class.getName()});
    Map<String, String> report = new LinkedHashMap<>();
    for (Object row : rows.values()) {
      CompositeData entry = (CompositeData) row;
      report.put((String) entry.get("key"), (String) entry.get("value"));
    }
    return report;
  }
}
