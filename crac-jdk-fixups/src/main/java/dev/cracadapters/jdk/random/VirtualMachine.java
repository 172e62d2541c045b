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
    return count(classNames, ask("gcClassHistogram"));
  }

  /**
   * {@return the same without a collection, which takes most of the time: of all objects that the
   * heap holds, also of those that nobody refers to any more} Never fewer than the live ones.
   *
   * @throws IllegalStateException if the virtual machine cannot count
   */
  static Map<String, Integer> objects(Set<String> classNames) {
    return count(classNames, ask("gcClassHistogram", "-all"));
  }

  /** There are thousands of lines, and a few of them are of interest. */
  static Map<String, Integer> count(Set<String> classNames, String histogram) {
    Map<String, Integer> counts = new HashMap<>();
    for (String name : classNames) {
      for (int at = histogram.indexOf(name); at >= 0; at = histogram.indexOf(name, at + 1)) {
        int end = histogram.indexOf('\n', at);
        Matcher line =
            COUNT.matcher(
                histogram.substring(
                    histogram.lastIndexOf('\n', at) + 1, end < 0 ? histogram.length() : end));
        // One class may have a line for each of its loaders.
        if (line.matches() && line.group(2).equals(name)) {
          counts.merge(name, Integer.parseInt(line.group(1)), Integer::sum);
        }
      }
    }
    return counts;
  }

  /** The loaded classes of the boot loader, which no object lists. */
  static List<Class<?>> bootClasses() {
    List<Class<?>> classes = new ArrayList<>();
    ask("vmClassHierarchy")
        .lines()
        .map(BOOT_CLASS::matcher)
        .filter(Matcher::matches)
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

  private static String ask(String command, String... options) {
    try {
      return (String)
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  command,
                  new Object[] {options},
                  new String[] {String[].class.getName()});
    } catch (JMException | RuntimeException | LinkageError e) {
      throw new IllegalStateException("This JVM has no diagnostic command " + command, e);
    }
  }
}
