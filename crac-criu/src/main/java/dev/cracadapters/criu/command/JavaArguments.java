/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The arguments of a java command, as far as it is of concern here. */
final class JavaArguments {

  private static final String CORE = "crac-core-";
  private static final Set<String> CLASS_PATH = Set.of("-cp", "-classpath", "--class-path");

  private final List<String> arguments;

  JavaArguments(List<String> arguments) {
    this.arguments = arguments;
  }

  boolean hasProperty(String name) {
    return arguments.stream().anyMatch(one -> one.startsWith("-D" + name + "="));
  }

  /** The value of a system property, or null. */
  @Nullable String property(String name) {
    String prefix = "-D" + name + "=";
    return arguments.stream()
        .filter(one -> one.startsWith(prefix))
        .map(one -> one.substring(prefix.length()))
        .findFirst()
        .orElse(null);
  }

  /** Whether crac-core is on the class path, or in the jar that is run, or named by it. */
  boolean hasCore() {
    String jar = after(Set.of("-jar"));
    String classPath = after(CLASS_PATH);
    if (jar != null) {
      return jarHasCore(Path.of(jar));
    }
    String entries = classPath == null ? System.getenv("CLASSPATH") : classPath;
    return entries != null
        && Stream.of(entries.split(File.pathSeparator))
            .flatMap(JavaArguments::expand)
            .anyMatch(JavaArguments::isCore);
  }

  /** An entry of a class path, or what java makes of {@code folder/*}: the jars in that folder. */
  private static Stream<String> expand(String entry) {
    if (!entry.equals("*") && !entry.endsWith("/*")) {
      return Stream.of(entry);
    }
    String[] names = new File(entry.substring(0, entry.length() - 1) + '.').list();
    return names == null ? Stream.empty() : Stream.of(names);
  }

  private static boolean isCore(String path) {
    return path.contains(CORE) && path.endsWith(".jar")
        || path.endsWith("crac-core/target/classes");
  }

  private @Nullable String after(Set<String> options) {
    for (int i = 0; i < arguments.size(); i++) {
      String one = arguments.get(i);
      if (options.contains(one) && i + 1 < arguments.size()) {
        return arguments.get(i + 1);
      }
      // java takes --class-path=PATH as well, and no other option in this form.
      int equals = one.indexOf('=');
      if (one.startsWith("--") && equals > 0 && options.contains(one.substring(0, equals))) {
        return one.substring(equals + 1);
      }
    }
    return null;
  }

  private static boolean jarHasCore(Path path) {
    try (JarFile jar = new JarFile(path.toFile())) {
      Manifest manifest = jar.getManifest();
      String named =
          manifest == null
              ? null
              : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
      return jar.getEntry("dev/cracadapters/core/CheckpointCoordinator.class") != null
          || jar.stream().anyMatch(entry -> isCore(entry.getName()))
          || named != null && Stream.of(named.split("\\s+")).anyMatch(JavaArguments::isCore);
    } catch (IOException e) {
      return false; // java itself says what is wrong with it
    }
  }
}
