/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Which descriptors a rule is for: its type, and its parameters as a CRaC JDK reads them. */
final class PolicyMatcher {

  /** A parameter that cannot be read, told by its key. */
  static final class BadParameter extends Exception {

    private static final long serialVersionUID = 1L;

    final String key;

    BadParameter(String key, String message) {
      super(message);
      this.key = key;
    }
  }

  private static final Map<String, Set<String>> KEYS =
      Map.of(
          "file", Set.of("path"),
          "pipe", Set.of(),
          "socket",
              Set.of(
                  "family",
                  "listening",
                  "localAddress",
                  "localPort",
                  "localPath",
                  "remoteAddress",
                  "remotePort",
                  "remotePath"),
          "filedescriptor", Set.of("value", "regex"));

  private final String type;
  private final List<Predicate<Descriptor>> conditions;

  private PolicyMatcher(String type, List<Predicate<Descriptor>> conditions) {
    this.type = type;
    this.conditions = List.copyOf(conditions);
  }

  static boolean isType(String type) {
    return KEYS.containsKey(type);
  }

  /** Whether rules of a type have this parameter; a CRaC JDK passes over any other. */
  static boolean isKey(String type, String key) {
    return key.equals("warn") || KEYS.getOrDefault(type, Set.of()).contains(key);
  }

  static PolicyMatcher of(String type, Map<String, String> parameters) throws BadParameter {
    List<Predicate<Descriptor>> conditions =
        switch (type) {
          case "file" ->
              parameters.containsKey("path")
                  ? List.of(PathPattern.of("path", parameters.get("path"))::matchesTarget)
                  : List.of();
          case "socket" -> SocketConditions.of(parameters);
          case "filedescriptor" -> raw(parameters);
          default -> List.of();
        };
    return new PolicyMatcher(type, conditions);
  }

  private static List<Predicate<Descriptor>> raw(Map<String, String> parameters)
      throws BadParameter {
    List<Predicate<Descriptor>> conditions = new ArrayList<>();
    String value = parameters.get("value");
    if (value != null) {
      int number = number("value", value);
      conditions.add(descriptor -> descriptor.number() == number);
    }
    String regex = parameters.get("regex");
    if (regex != null) {
      try {
        Pattern pattern = Pattern.compile(regex);
        conditions.add(descriptor -> pattern.matcher(descriptor.target()).find());
      } catch (PatternSyntaxException e) {
        throw new BadParameter("regex", "\"" + regex + "\" is no pattern: " + e.getDescription());
      }
    }
    return conditions;
  }

  static int number(String key, String text) throws BadParameter {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new BadParameter(key, key + " is \"" + text + "\", which is not a number");
    }
  }

  boolean matches(Descriptor descriptor) {
    return isOfType(descriptor)
        && conditions.stream().allMatch(condition -> condition.test(descriptor));
  }

  /** Whether this is the rule of a type of its own, which goes before those by number. */
  boolean isByDescriptor() {
    return type.equals("filedescriptor");
  }

  private boolean isOfType(Descriptor descriptor) {
    // By its number or its description anything can be meant, whatever else it is.
    return isByDescriptor() && !conditions.isEmpty() || typeOf(descriptor).equals(type);
  }

  static String typeOf(Descriptor descriptor) {
    return switch (descriptor.kind()) {
      case FILE, DELETED_FILE, DIRECTORY, DEVICE -> "file";
      case PIPE -> descriptor.target().startsWith("/") ? "file" : "pipe";
      case TCP_LISTENER, TCP_CONNECTION, UDP_SOCKET, UNIX_SOCKET, OTHER_SOCKET -> "socket";
      case EPOLL, EVENT, IO_URING, OTHER -> "filedescriptor";
    };
  }
}
