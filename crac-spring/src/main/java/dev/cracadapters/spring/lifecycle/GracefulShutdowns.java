/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.lifecycle;

import dev.cracadapters.core.support.LibraryInternals;
import dev.cracadapters.core.support.UnsupportedLibraryException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.Lifecycle;

/**
 * Spring Boot's graceful shutdown of a web server, which notes at the server's stop that it was
 * given up, and never forgets it: in the next walk it would wait for no request. A checkpoint that
 * is rehearsed has such a next walk, and so has one that was refused.
 */
final class GracefulShutdowns {

  private static final Logger LOG = LoggerFactory.getLogger(GracefulShutdowns.class);

  /** In another package in Boot 3.5 than in 4. */
  private static final String LIFECYCLE = "WebServerGracefulShutdownLifecycle";

  private GracefulShutdowns() {}

  /** Called when a bean was started again: if it is Boot's, it waits for requests once more. */
  static void onStarted(Lifecycle bean) {
    if (!bean.getClass().getSimpleName().equals(LIFECYCLE)) {
      return;
    }
    LibraryInternals boot = LibraryInternals.of("Spring Boot", bean.getClass(), "crac-spring");
    try {
      Object server = boot.field(bean.getClass(), "webServer").get(bean);
      // Undertow's has no such note, and without server.shutdown=graceful there is none at all.
      if (boot.hasField(server.getClass(), "gracefulShutdown")) {
        Object shutdown = boot.field(server.getClass(), "gracefulShutdown").find(server);
        if (shutdown != null && boot.hasField(shutdown.getClass(), "aborted")) {
          boot.field(shutdown.getClass(), "aborted").set(shutdown, false);
        }
      }
    } catch (UnsupportedLibraryException e) {
      LOG.warn("The next checkpoint may not wait for requests in flight. {}", e.getMessage());
    }
  }
}
