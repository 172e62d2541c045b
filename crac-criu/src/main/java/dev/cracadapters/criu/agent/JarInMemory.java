/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.agent;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A class loader of what was in a jar. Nothing of the jar stays open, and a restore needs no file
 * of it; the JDK's own loaders would keep it open as long as the JVM lives.
 */
final class JarInMemory extends ClassLoader {

  /** What only the command needs, and what would be in the image for nothing. */
  private static final List<String> COMMANDS = List.of("picocli/", "com/github/luben/", "linux/");

  private final Map<String, byte[]> entries = new HashMap<>();

  JarInMemory(Path jar) throws IOException {
    // The application's libraries are of no concern to the engine, nor the engine's to it.
    super("crac-criu", ClassLoader.getPlatformClassLoader());
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(jar))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (!entry.isDirectory() && COMMANDS.stream().noneMatch(entry.getName()::startsWith)) {
          entries.put(entry.getName(), zip.readAllBytes());
        }
      }
    }
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    byte[] bytes = entries.get(name.replace('.', '/') + ".class");
    if (bytes == null) {
      throw new ClassNotFoundException(name);
    }
    return defineClass(name, bytes, 0, bytes.length);
  }

  @Override
  public @Nullable InputStream getResourceAsStream(String name) {
    byte[] bytes = entries.get(name);
    return bytes == null ? super.getResourceAsStream(name) : new ByteArrayInputStream(bytes);
  }

  @Override
  protected @Nullable URL findResource(String name) {
    byte[] bytes = entries.get(name);
    try {
      return bytes == null ? null : new URL("crac-criu", null, -1, "/" + name, handler(bytes));
    } catch (IOException e) {
      throw new IllegalStateException(name, e);
    }
  }

  @Override
  protected Enumeration<URL> findResources(String name) {
    URL url = findResource(name);
    return Collections.enumeration(url == null ? List.of() : List.of(url));
  }

  private static URLStreamHandler handler(byte[] bytes) {
    return new URLStreamHandler() {
      @Override
      protected URLConnection openConnection(URL url) {
        return new URLConnection(url) {
          @Override
          public void connect() {
            connected = true;
          }

          @Override
          public InputStream getInputStream() {
            return new ByteArrayInputStream(bytes);
          }
        };
      }
    };
  }
}
