/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import org.jspecify.annotations.Nullable;

/** The libraries that this project has an adapter for, and how to see whether each is there. */
public enum AdaptedLibrary {
  /** The JDK itself. */
  JDK("the JDK", "java.lang.Object", "dev.cracadapters.jdk.JdkResource", "crac-jdk-fixups"),
  /** Logback. */
  LOGBACK(
      "Logback",
      "ch.qos.logback.classic.LoggerContext",
      "dev.cracadapters.logback.LogbackResource",
      "crac-logback"),
  /** HikariCP. */
  HIKARI(
      "HikariCP",
      "com.zaxxer.hikari.HikariDataSource",
      "dev.cracadapters.hikari.HikariResource",
      "crac-hikari"),
  /** Netty. */
  NETTY(
      "Netty",
      "io.netty.bootstrap.ServerBootstrap",
      "dev.cracadapters.netty.NettyResource",
      "crac-netty"),
  /** Jetty. */
  JETTY(
      "Jetty",
      "org.eclipse.jetty.server.Server",
      "dev.cracadapters.jetty.JettyResource",
      "crac-jetty");

  private final String title;
  private final String libraryClass;
  private final String adapterClass;
  private final String artifact;

  AdaptedLibrary(String title, String libraryClass, String adapterClass, String artifact) {
    this.title = title;
    this.libraryClass = libraryClass;
    this.adapterClass = adapterClass;
    this.artifact = artifact;
  }

  /** {@return the library's name, for messages, such as "HikariCP"} */
  public String title() {
    return title;
  }

  /** {@return the adapter's artifact, for messages, such as "crac-hikari"} */
  public String artifact() {
    return artifact;
  }

  /**
   * {@return whether the library and its adapter can both be loaded}
   *
   * @param loader where they are looked for, null for that of the calling thread
   */
  public boolean isAdapted(@Nullable ClassLoader loader) {
    return isPresent(libraryClass, loader) && isPresent(adapterClass, loader);
  }

  /**
   * {@return whether the library is there and its adapter is not}
   *
   * @param loader where they are looked for, null for that of the calling thread
   */
  public boolean lacksAdapter(@Nullable ClassLoader loader) {
    return isPresent(libraryClass, loader) && !isPresent(adapterClass, loader);
  }

  private static boolean isPresent(String name, @Nullable ClassLoader loader) {
    try {
      ClassLoader callers = Thread.currentThread().getContextClassLoader();
      Class.forName(name, false, loader == null ? callers : loader);
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }
}
