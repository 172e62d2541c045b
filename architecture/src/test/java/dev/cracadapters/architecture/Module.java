/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One of the modules that are shipped: a folder {@code crac-*}.
 *
 * @param folder where it is
 * @param face its first package, which is for users
 */
record Module(Path folder, String face) {

  private static final Pattern NAME = Pattern.compile("<module\\.name>(.+)</module\\.name>");

  /** All modules; one that is new needs no word here. */
  static List<Module> all() {
    Path root = Path.of(System.getProperty("project.root", ".."));
    try (Stream<Path> folders = Files.list(root)) {
      return folders
          .filter(folder -> folder.getFileName().toString().startsWith("crac-"))
          .filter(folder -> Files.exists(folder.resolve("pom.xml")))
          .map(Module::in)
          .sorted((one, other) -> one.face.compareTo(other.face))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Module in(Path folder) {
    try {
      Matcher name = NAME.matcher(Files.readString(folder.resolve("pom.xml")));
      if (!name.find()) {
        throw new IllegalStateException(folder + " names no package in <module.name>");
      }
      return new Module(folder, name.group(1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean is(String name) {
    return face.endsWith('.' + name);
  }

  /** Whether a package belongs to this module. */
  boolean holds(String packageName) {
    return packageName.equals(face) || packageName.startsWith(face + '.');
  }

  /** For ArchUnit: the module with all its packages. */
  String packages() {
    return face + "..";
  }

  Path classes() {
    return folder.resolve("target/classes");
  }

  /** The source files of its main code. */
  List<Path> sources() {
    try (Stream<Path> files = Files.walk(folder.resolve("src/main/java"))) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return folder.getFileName().toString();
  }
}
