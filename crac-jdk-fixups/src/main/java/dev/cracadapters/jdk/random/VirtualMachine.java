/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;

/** What HotSpot tells about its classes, by the commands that {@code jcmd} also uses. */
final class VirtualMachine {

  // "  12:         3456         123456  java.lang.String (java.base@17)"
  private static final Pattern COUNT = Pattern.compile("\\s*\\d+:\\s+(\\d+)\\s+\\d+\\s+(\\S+).*");

  // "|  |--java.util.UUID$Holder/null"; a class loader's address in place of null
  private static final Pattern BOOT_CLASS = Pattern.compile("[|\\s-]*([\\w.$]+)/null\\b.*");

  private VirtualMachine() {}

  /**
   * {@return the counts of the live objects of some classes, by binary name, after a full
   * collection}
   *
   * @throws IllegalStateException if the virtual machine cannot count
   */
  static Map<String, Integer> liveObjects(Set<String> classNames) {
    Map<String, Integer> counts = new HashMap<>();
    ask("gcClassHistogram", COUNT)
        .filter(line -> classNames.contains(line.group(2)))
        .forEach(
            line -> counts.merge(line.group(2), Integer.parseInt(line.group(1)), Integer::sum));
    return counts;
  }

  /** The loaded classes of the boot loader, which no object lists. */
  static List<Class<?>> bootClasses() {
    List<Class<?>> classes = new ArrayList<>();
    ask("vmClassHierarchy", BOOT_CLASS)
        .map(line -> line.group(1))
        .forEach(
            name -> {
              try {
                classes.add(Class.forName(name, false, null));
              } catch (ClassNotFoundException | LinkageError e) {
                // A hidden class: it cannot be found by name, and has no static fields.
              }
            });
    return classes;
  }

  private static Stream<Matcher> ask(String command, Pattern line) {
    try {
      Object answer =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  command,
                  new Object[] {new String[0]},
                  new String[] {String[].class.getName()});
      return ((String) answer).lines().map(line::matcher).filter(Matcher::matches);
    } catch (JMException | RuntimeException | LinkageError e) {
      throw new IllegalStateException("This JVM has no diagnostic command " + command, e);
    }
  }
}
