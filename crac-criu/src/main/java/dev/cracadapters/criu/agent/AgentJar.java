/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.agent;

import java.io.Closeable;
import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.Field;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * The agent's own jar. The JVM puts it on its class path and keeps it open: a restored process
 * would need a temporary file of whoever attached once. So it is taken off again, by the JDK's
 * internals, which Instrumentation may open; their names are the same in 17 and 25.
 */
final class AgentJar {

  private AgentJar() {}

  /** Takes the jar off the class path. Returns an empty text, or why it is still open. */
  static String forget(Path jar, Instrumentation instrumentation) {
    try {
      ClassLoader loader = ClassLoader.getSystemClassLoader();
      loadAll(jar, loader);
      URL url = jar.toRealPath().toUri().toURL();
      instrumentation.redefineModule(
          Object.class.getModule(),
          Set.of(),
          Map.of(),
          Map.of("jdk.internal.loader", Set.of(AgentJar.class.getModule())),
          Set.of(),
          Map.of());
      Object classPath =
          value(loader, Class.forName("jdk.internal.loader.BuiltinClassLoader"), "ucp");
      Object entry;
      synchronized (classPath) { // as the JDK does when it opens the next entry
        Collection<?> unopened = collection(classPath, "unopenedUrls");
        synchronized (unopened) {
          unopened.removeIf(one -> isSame(one, url));
          collection(classPath, "path").removeIf(one -> isSame(one, url));
        }
        Map<?, ?> byUrl = (Map<?, ?>) value(classPath, classPath.getClass(), "lmap");
        entry = byUrl.remove(url.toString());
        if (entry == null) {
          entry = byUrl.remove("file://" + url.getPath()); // as the JDK words it
        }
        if (entry instanceof Closeable) {
          collection(classPath, "loaders").remove(entry);
        }
      }
      if (entry instanceof Closeable opened) {
        opened.close();
      }
      return "";
    } catch (ReflectiveOperationException | IOException | RuntimeException e) {
      return e.toString();
    }
  }

  /** What is not loaded now never will be. */
  private static void loadAll(Path jar, ClassLoader loader)
      throws IOException, ClassNotFoundException {
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(jar))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String name = entry.getName();
        if (name.endsWith(".class")) {
          String type = name.substring(0, name.length() - ".class".length()).replace('/', '.');
          Class.forName(type, true, loader);
        }
      }
    }
  }

  private static boolean isSame(Object one, URL url) {
    return one.toString().equals(url.toString());
  }

  private static Collection<?> collection(Object object, String field)
      throws ReflectiveOperationException {
    return (Collection<?>) value(object, object.getClass(), field);
  }

  private static Object value(Object object, Class<?> type, String name)
      throws ReflectiveOperationException {
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return field.get(object);
  }
}
