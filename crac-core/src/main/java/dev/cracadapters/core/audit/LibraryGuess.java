/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.audit.Descriptor.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Guesses whose a descriptor is by the libraries on the class path: a library that opens such
 * descriptors is there, and its adapter is not.
 */
final class LibraryGuess implements DescriptorOwner {

  private record Library(
      String name, Kind kind, String className, String adapterClass, String artifact) {}

  private static final List<Library> LIBRARIES =
      List.of(
          new Library(
              "Logback",
              Kind.FILE,
              "ch.qos.logback.classic.LoggerContext",
              "dev.cracadapters.logback.LogbackResource",
              "crac-logback"),
          new Library(
              "HikariCP",
              Kind.TCP_CONNECTION,
              "com.zaxxer.hikari.HikariDataSource",
              "dev.cracadapters.hikari.HikariResource",
              "crac-hikari"),
          new Library(
              "Jetty",
              Kind.TCP_LISTENER,
              "org.eclipse.jetty.server.Server",
              "dev.cracadapters.jetty.JettyResource",
              "crac-jetty"),
          new Library(
              "Netty",
              Kind.TCP_LISTENER,
              "io.netty.bootstrap.ServerBootstrap",
              "dev.cracadapters.netty.NettyResource",
              "crac-netty"));

  @Override
  public Optional<String> remedy(Descriptor descriptor) {
    List<String> guesses = new ArrayList<>();
    for (Library library : LIBRARIES) {
      if (library.kind == descriptor.kind()
          && isPresent(library.className)
          && !isPresent(library.adapterClass)) {
        guesses.add("add " + library.artifact + " if it is " + library.name + "'s");
      }
    }
    return guesses.isEmpty() ? Optional.empty() : Optional.of(String.join(", or ", guesses));
  }

  private static boolean isPresent(String className) {
    for (ClassLoader loader :
        new ClassLoader[] {
          Thread.currentThread().getContextClassLoader(), LibraryGuess.class.getClassLoader()
        }) {
      try {
        Class.forName(className, false, loader);
        return true;
      } catch (ClassNotFoundException | LinkageError e) {
        continue;
      }
    }
    return false;
  }
}
