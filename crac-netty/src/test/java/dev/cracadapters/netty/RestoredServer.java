/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import dev.cracadapters.criu.testing.HeldServer;

/** A process with a server on native epoll; its commands are those of {@link HeldServer}. */
public final class RestoredServer {

  private RestoredServer() {}

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    LineServer server = new LineServer(Transport.EPOLL_GROUP, LineServer.ECHO);
    int port = LineServer.portOf(server.bind(0));
    HeldServer.run(NettyResource.of(server.bootstrap), port);
  }
}
