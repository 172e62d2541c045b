/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty.connector;

import java.util.Collection;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.server.ServerConnector;

/** The selectors of a connector. */
final class Selectors {

  private Selectors() {}

  /**
   * Waits until each selector has gone round once, at most a second. A connection that was accepted
   * before is then counted by {@link #keys}, and a channel that was closed before is let go: a
   * channel that a selector still knows keeps its descriptor open.
   */
  static void await(ServerConnector connector) throws InterruptedException {
    Collection<ManagedSelector> selectors =
        connector.getSelectorManager().getBeans(ManagedSelector.class);
    CountDownLatch round = new CountDownLatch(selectors.size());
    selectors.forEach(selector -> selector.submit(ignored -> round.countDown()));
    round.await(1, TimeUnit.SECONDS);
  }

  /** How many channels the selectors know; a connection counts before it has an end point. */
  static int keys(ServerConnector connector) {
    return connector.getSelectorManager().getTotalKeys();
  }
}
