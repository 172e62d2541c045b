/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import dev.cracadapters.criu.testing.HeldServer;

/** A process with a server; its commands are those of {@link HeldServer}. */
public final class RestoredServer {

  private RestoredServer() {}

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    Service service = new Service().start();
    HeldServer.run(service.resource(), service.port());
  }
}
