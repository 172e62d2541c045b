/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * How many objects of a class are alive, as the virtual machine counts them (a full collection).
 */
final class LiveCounts {

  private static final Pattern LINE = Pattern.compile("\\s*\\d+:\\s+(\\d+)\\s+\\d+\\s+(\\S+).*");

  private LiveCounts() {}

  /**
   * Counts the live objects of some classes.
   *
   * @param classNames binary names
   * @return the count for each that has any
   * @throws IllegalStateException if the virtual machine cannot count
   */
  static Map<String, Integer> of(Set<String> classNames) {
    String histogram;
    try {
      histogram =
          (String)
              ManagementFactory.getPlatformMBeanServer()
                  .invoke(
                      new ObjectName("com.sun.management:type=DiagnosticCommand"),
                      "gcClassHistogram",
                      new Object[] {new String[0]},
                      new String[] {String[].class.getName()});
    } catch (JMException | RuntimeException | LinkageError e) {
      throw new IllegalStateException("The class histogram of this JVM cannot be had", e);
    }
    Map<String, Integer> counts = new HashMap<>();
    histogram
        .lines()
        .map(LINE::matcher)
        .filter(Matcher::matches)
        .filter(line -> classNames.contains(line.group(2)))
        .forEach(
            line -> counts.merge(line.group(2), Integer.parseInt(line.group(1)), Integer::sum));
    return counts;
  }
}
