/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/** HotSpot's diagnostic commands, which jcmd has as well. */
public final class DiagnosticCommand {

  private DiagnosticCommand() {}

  /**
   * Asks this JVM. The name is the MBean's: {@code gcHeapInfo} where jcmd has {@code GC.heap_info}.
   *
   * @throws IOException if this JVM has no such command, or refuses it
   */
  public static String run(String name, String... arguments) throws IOException {
    try {
      return (String)
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  name,
                  new Object[] {arguments},
                  new String[] {String[].class.getName()});
    } catch (JMException | RuntimeException e) {
      throw new IOException("The diagnostic command " + name + " failed", e);
    }
  }
}
