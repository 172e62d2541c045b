/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.PolicyMatcher.BadParameter;
import dev.cracadapters.core.support.FolderTrust;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads policies in the format of a CRaC JDK ({@code jdk.internal.crac.OpenResourcePolicies} and
 * the CRaC project's fd-policies.md): rules separated by {@code ---}, of lines {@code key: value};
 * lines that begin with {@code #} are comments.
 */
final class PolicyFile {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyFile.class);

  private record Line(String value, int number) {}

  private final Path file;
  private final List<ResourcePolicy> policies = new ArrayList<>();
  private final Map<String, Line> rule = new HashMap<>();
  private int first;
  private int last;

  private PolicyFile(Path file) {
    this.file = file;
  }

  static List<ResourcePolicy> read(Path file) throws RefusedException {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new RefusedException(
          "policies " + file,
          Files.exists(file)
              ? "it is not a regular file that can be read"
              : "there is no such file",
          "Name the file by crac.resource-policies (with Spring spring.crac.resource-policies)"
              + " or jdk.crac.resource-policies");
    }
    PolicyFile reader = new PolicyFile(file);
    try {
      requireUnchanged(file);
      int number = 0;
      for (String line : Files.readAllLines(file)) {
        reader.line(++number, line.trim());
      }
    } catch (CharacterCodingException e) {
      throw new RefusedException("policies " + file, "it is not in UTF-8", "Save it as UTF-8", e);
    } catch (IOException e) {
      throw new RefusedException(
          "policies " + file, "it cannot be read (" + e + ")", "Correct the file", e);
    }
    reader.endRule();
    return List.copyOf(reader.policies);
  }

  /** It may say that a secret's descriptor stays open, or that nothing is looked at. */
  private static void requireUnchanged(Path file) throws RefusedException, IOException {
    Optional<FolderTrust.Weakness> weakness = FolderTrust.current().weaknessOfFile(file);
    if (weakness.filter(FolderTrust.Weakness::fatal).isPresent()) {
      throw new RefusedException(
          "policies " + file, weakness.get().cause(), weakness.get().remedy());
    }
  }

  private void line(int number, String line) throws RefusedException {
    if (line.isEmpty() || line.startsWith("#")) {
      return;
    }
    if (line.equals("---")) {
      endRule();
      return;
    }
    int colon = line.indexOf(": ");
    if (colon < 0) {
      throw wrong(number, "\"" + line + "\" has not the form \"key: value\"");
    }
    String key = line.substring(0, colon).trim();
    String lower = key.toLowerCase(Locale.ROOT);
    if (rule.isEmpty()) {
      first = number;
    }
    last = number;
    rule.put(
        lower.equals("type") || lower.equals("action") ? lower : key,
        new Line(line.substring(colon + 2).trim(), number));
  }

  private void endRule() throws RefusedException {
    if (rule.isEmpty()) {
      return;
    }
    Line type = required("type");
    PolicyAction action = action(required("action"));
    String typeName = type.value().toLowerCase(Locale.ROOT);
    Map<String, String> parameters = new HashMap<>();
    rule.forEach((key, line) -> parameters.put(key, line.value()));
    parameters.keySet().removeAll(List.of("type", "action"));
    if (!PolicyMatcher.isType(typeName)) {
      // As a CRaC JDK does, whose newer versions may know more of them.
      LOG.warn(
          "{}, line {}: there is no type \"{}\"; the rule has no effect",
          file,
          type.number(),
          type.value());
      rule.clear();
      return;
    }
    for (String key : parameters.keySet()) {
      if (!PolicyMatcher.isKey(typeName, key)) {
        LOG.warn(
            "{}, line {}: rules of type {} have no \"{}\"; it has no effect",
            file,
            lineOf(key),
            typeName,
            key);
      }
    }
    try {
      policies.add(
          new ResourcePolicy(
              action,
              Boolean.parseBoolean(parameters.getOrDefault("warn", "true")),
              file + ", " + (first == last ? "line " + first : "lines " + first + "-" + last),
              PolicyMatcher.of(typeName, parameters)));
    } catch (BadParameter e) {
      throw wrong(lineOf(e.key), "" + e.getMessage());
    }
    rule.clear();
  }

  private int lineOf(String key) {
    Line line = rule.get(key);
    return line == null ? first : line.number();
  }

  private Line required(String key) throws RefusedException {
    Line line = rule.get(key);
    if (line == null) {
      throw wrong(first, "the rule that begins here has no \"" + key + "\"");
    }
    return line;
  }

  private PolicyAction action(Line line) throws RefusedException {
    for (PolicyAction action : PolicyAction.values()) {
      if (action.name().equalsIgnoreCase(line.value())) {
        return action;
      }
    }
    throw wrong(
        line.number(),
        "there is no action \"" + line.value() + "\" (there are: error, ignore, close, reopen)");
  }

  private RefusedException wrong(int number, String what) {
    return new RefusedException(
        "policies " + file, "line " + number + ": " + what, "Correct the line");
  }
}
