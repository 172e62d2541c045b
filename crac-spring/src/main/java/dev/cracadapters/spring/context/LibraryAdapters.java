/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.context;

import dev.cracadapters.spring.adapter.JdkAdapter;
import dev.cracadapters.spring.adapter.LibraryAdapter;
import dev.cracadapters.spring.environment.RestoredEnvironment;
import dev.cracadapters.spring.logging.LogbackAdapter;
import dev.cracadapters.spring.pool.HikariAdapter;
import dev.cracadapters.spring.properties.CracProperties;
import dev.cracadapters.spring.web.JettyAdapter;
import dev.cracadapters.spring.web.NettyAdapter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;

/** The adapters on the class path. */
final class LibraryAdapters {

  static final String LOGBACK = "dev.cracadapters.logback.LogbackResource";
  static final String HIKARI = "dev.cracadapters.hikari.HikariResource";
  static final String JETTY = "dev.cracadapters.jetty.JettyResource";
  static final String NETTY = "dev.cracadapters.netty.NettyResource";
  static final String JDK = "dev.cracadapters.jdk.JdkResource";

  private LibraryAdapters() {}

  /** Those whose adapter and library are both there, with their settings. */
  static List<LibraryAdapter> present(
      CracProperties properties, RestoredEnvironment environment, @Nullable ClassLoader loader) {
    List<LibraryAdapter> adapters = new ArrayList<>();
    add(adapters, loader, JDK, "java.lang.Object", () -> new JdkAdapter(properties.getJdk()));
    add(
        adapters,
        loader,
        LOGBACK,
        "ch.qos.logback.classic.LoggerContext",
        () -> new LogbackAdapter(properties.getLogback(), environment));
    add(
        adapters,
        loader,
        HIKARI,
        "com.zaxxer.hikari.HikariDataSource",
        () -> new HikariAdapter(properties.getHikari(), environment));
    add(
        adapters,
        loader,
        NETTY,
        "io.netty.bootstrap.ServerBootstrap",
        () -> new NettyAdapter(properties.getNetty()));
    add(
        adapters,
        loader,
        JETTY,
        "org.eclipse.jetty.server.Server",
        () -> new JettyAdapter(properties.getJetty()));
    return List.copyOf(adapters);
  }

  private static void add(
      List<LibraryAdapter> adapters,
      @Nullable ClassLoader loader,
      String adapterClass,
      String libraryClass,
      Supplier<LibraryAdapter> adapter) {
    if (ClassUtils.isPresent(adapterClass, loader) && ClassUtils.isPresent(libraryClass, loader)) {
      adapters.add(adapter.get());
    }
  }
}
