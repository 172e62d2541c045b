/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.agent.CheckpointAgent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** This command's own jar, and the agent that is made of it. */
final class CommandJar {

  private CommandJar() {}

  static Path path() throws RefusedException {
    try {
      Path path =
          Path.of(CommandJar.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      if (Files.isRegularFile(path)) {
        return path;
      }
      throw new RefusedException(
          path.toString(), "the command needs its own jar", "Run it by java -jar crac-criu.jar");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The agent alone: its jar becomes a part of the application's class path, where the libraries in
   * this one would get in the way of the application's own.
   */
  static byte[] agent() throws RefusedException, IOException {
    String folder = CheckpointAgent.class.getPackageName().replace('.', '/') + "/";
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.putValue("Agent-Class", CheckpointAgent.class.getName());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarFile command = new JarFile(path().toFile());
        JarOutputStream agent = new JarOutputStream(bytes, manifest)) {
      for (Enumeration<JarEntry> entries = command.entries(); entries.hasMoreElements(); ) {
        JarEntry entry = entries.nextElement();
        if (entry.getName().startsWith(folder) && entry.getName().endsWith(".class")) {
          agent.putNextEntry(new JarEntry(entry.getName()));
          command.getInputStream(entry).transferTo(agent);
          agent.closeEntry();
        }
      }
    }
    return bytes.toByteArray();
  }
}
