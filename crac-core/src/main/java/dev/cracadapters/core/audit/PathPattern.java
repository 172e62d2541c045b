/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.audit.PolicyMatcher.BadParameter;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A path as a policy gives it, with {@code glob} wildcards.
 *
 * <p>A CRaC JDK compares it with the path that the application opened the file by; the kernel tells
 * only where the file is. So a relative pattern is also taken from the working directory, and the
 * part of the pattern before its first wildcard is also looked at with its symbolic links resolved.
 */
final class PathPattern {

  private static final Pattern WILDCARD = Pattern.compile("[*?{\\[\\\\]");

  private final List<PathMatcher> matchers;

  private PathPattern(List<PathMatcher> matchers) {
    this.matchers = matchers;
  }

  static PathPattern of(String key, String glob) throws BadParameter {
    try {
      List<PathMatcher> matchers = new ArrayList<>();
      matchers.add(matcher(glob));
      if (!glob.startsWith("/") && !glob.startsWith("**")) {
        matchers.add(matcher(escaped(Path.of("").toAbsolutePath()) + '/' + glob));
      }
      String resolved = resolved(glob);
      if (resolved != null) {
        matchers.add(matcher(resolved));
      }
      return new PathPattern(List.copyOf(matchers));
    } catch (PatternSyntaxException e) {
      throw new BadParameter(key, "\"" + glob + "\" is no glob: " + e.getDescription());
    }
  }

  boolean matchesTarget(Descriptor descriptor) {
    String target = descriptor.target();
    if (descriptor.kind() == Descriptor.Kind.DELETED_FILE && target.endsWith(Proc.DELETED)) {
      target = target.substring(0, target.length() - Proc.DELETED.length());
    }
    return matches(target);
  }

  boolean matches(String target) {
    Path path = Path.of(target);
    return matchers.stream().anyMatch(matcher -> matcher.matches(path));
  }

  private static PathMatcher matcher(String glob) {
    return FileSystems.getDefault().getPathMatcher("glob:" + glob);
  }

  /** The pattern with the folders before its first wildcard as they really are, or null. */
  private static @Nullable String resolved(String glob) {
    var wildcard = WILDCARD.matcher(glob);
    boolean literal = !wildcard.find();
    int end = literal ? glob.length() : glob.lastIndexOf('/', wildcard.start());
    if (end <= 0) {
      return null;
    }
    try {
      return escaped(Path.of(glob.substring(0, end)).toRealPath()) + glob.substring(end);
    } catch (IOException | java.nio.file.InvalidPathException e) {
      return null; // there is no such folder
    }
  }

  private static String escaped(Path path) {
    String text = path.toString();
    return WILDCARD.matcher(text.equals("/") ? "" : text).replaceAll("\\\\$0");
  }
}
