/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.ToolProvider;

/** A jar that is made on the spot. */
public final class SmallJar {

  private SmallJar() {}

  /**
   * Writes a jar of classes, each with a static method {@code say} that returns its argument and a
   * text.
   *
   * @param jar the file
   * @param text what the classes say
   * @param classes their names, in a package or not
   * @return the file
   * @throws IOException if it cannot be written
   */
  public static Path of(Path jar, String text, String... classes) throws IOException {
    Path folder = Files.createTempDirectory(jar.getParent(), "sources");
    List<String> arguments = new ArrayList<>(List.of("-d", folder.toString()));
    for (String name : classes) {
      Path source = folder.resolve(name + ".java");
      Files.writeString(
          source,
          "public class %s { public static String say(String word) { return word + \"%s\"; } }"
              .formatted(name, text));
      arguments.add(source.toString());
    }
    if (ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new))
        != 0) {
      throw new IOException("javac failed");
    }
    try (OutputStream file = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(file)) {
      for (String name : classes) {
        ZipEntry entry = new ZipEntry(name + ".class");
        entry.setTime(0);
        zip.putNextEntry(entry);
        zip.write(Files.readAllBytes(folder.resolve(name + ".class")));
      }
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
    return jar;
  }

  /**
   * Gives a jar a manifest that names others.
   *
   * @param jar the file
   * @param classPath relative URLs with blanks between
   * @return the file
   * @throws IOException if it cannot be written
   */
  public static Path naming(Path jar, String classPath) throws IOException {
    try (FileSystem inside = FileSystems.newFileSystem(jar)) {
      Files.createDirectory(inside.getPath("META-INF"));
      Files.writeString(
          inside.getPath("META-INF/MANIFEST.MF"),
          "Manifest-Version: 1.0\nClass-Path: " + classPath + "\n");
    }
    return jar;
  }
}
