/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The test's class path without some of its entries, and with classes of its own. */
final class IsolatedLoader extends URLClassLoader {

  private IsolatedLoader(String... leftOut) {
    super(
        Stream.of(classPath(leftOut).split(File.pathSeparator))
            .map(IsolatedLoader::url)
            .toArray(URL[]::new),
        ClassLoader.getPlatformClassLoader());
  }

  /** The class path without the entries that contain one of the expressions. */
  static String classPath(String... leftOut) {
    Pattern pattern = Pattern.compile(String.join("|", leftOut));
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !pattern.matcher(entry).find())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Makes an object of a class there, and calls it. */
  @SuppressWarnings("unchecked") // it crosses a class loader as a list of texts
  static List<String> call(String program, String... leftOut) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (IsolatedLoader loader = new IsolatedLoader(leftOut)) {
      thread.setContextClassLoader(loader);
      Object made = loader.loadClass(program).getDeclaredConstructor().newInstance();
      return ((Callable<List<String>>) made).call();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static URL url(String entry) {
    try {
      return Path.of(entry).toUri().toURL();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
