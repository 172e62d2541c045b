/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Runs an application in a class loader that has neither Spring Boot nor the adapters. */
class EnableCracTest {

  @Test
  @DisplayName("@EnableCrac takes lifecycle beans through a checkpoint without Spring Boot")
  void worksWithoutSpringBoot() throws Exception {
    List<String> seen = run("dev.cracadapters.spring.WithoutBoot");

    assertThat(seen)
        .containsExactly(
            "start bean", "stop bean", "stop resource", "start resource", "start bean");
  }

  @Test
  @DisplayName("@EnableCrac reads the properties from the Environment")
  void readsProperties() throws Exception {
    List<String> seen = run("dev.cracadapters.spring.WithoutBoot$Properties");

    assertThat(seen)
        .containsExactly(
            "engine pause",
            "image there/image",
            "audit STRICT",
            "walk-timeout PT1M30S",
            "hikari.drain-timeout PT0.5S",
            "logback.buffer-size 17",
            "jdk.key-stores false",
            "jdk.unknown-random ALLOW");
  }

  @Test
  @DisplayName("A value that cannot be read is named with its property")
  void namesBadValue() throws Exception {
    List<String> seen = run("dev.cracadapters.spring.WithoutBoot$BadValue");

    assertThat(seen)
        .containsExactly("Property spring.crac.walk-timeout is \"soon\", which is no Duration");
  }

  @SuppressWarnings("unchecked") // it crosses a class loader as a list of texts
  private static List<String> run(String program) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = new WithoutBootLoader()) {
      thread.setContextClassLoader(loader);
      Object made = loader.loadClass(program).getDeclaredConstructor().newInstance();
      return ((Callable<List<String>>) made).call();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static final class WithoutBootLoader extends URLClassLoader {

    WithoutBootLoader() {
      super(
          Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
              .filter(entry -> !entry.contains("spring-boot"))
              .filter(entry -> !entry.matches(".*crac-(logback|hikari|jetty|netty|jdk).*"))
              .map(WithoutBootLoader::url)
              .toArray(URL[]::new),
          ClassLoader.getPlatformClassLoader());
    }

    private static URL url(String entry) {
      try {
        return Path.of(entry).toUri().toURL();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
