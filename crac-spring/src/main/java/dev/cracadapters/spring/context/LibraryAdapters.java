/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.context;

import dev.cracadapters.core.support.AdaptedLibrary;
import dev.cracadapters.spring.adapter.JdkAdapter;
import dev.cracadapters.spring.adapter.LibraryAdapter;
import dev.cracadapters.spring.environment.RestoredEnvironment;
import dev.cracadapters.spring.logging.LogbackAdapter;
import dev.cracadapters.spring.pool.HikariAdapter;
import dev.cracadapters.spring.web.JettyAdapter;
import dev.cracadapters.spring.web.NettyAdapter;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;

/** The adapters on the class path. */
final class LibraryAdapters {

  private LibraryAdapters() {}

  /** Those whose adapter and library are both there, with their settings. */
  static List<LibraryAdapter> present(
      Environment environment, RestoredEnvironment restored, @Nullable ClassLoader loader) {
    return Stream.of(AdaptedLibrary.values())
        .filter(library -> library.isAdapted(loader))
        .map(library -> adapter(library, environment, restored))
        .toList();
  }

  private static LibraryAdapter adapter(
      AdaptedLibrary library, Environment environment, RestoredEnvironment restored) {
    return switch (library) {
      case JDK -> new JdkAdapter(environment);
      case LOGBACK -> new LogbackAdapter(environment, restored);
      case HIKARI -> new HikariAdapter(environment, restored);
      case NETTY -> new NettyAdapter(environment);
      case JETTY -> new JettyAdapter(environment, restored);
    };
  }
}
