/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.jspecify.annotations.Nullable;

/** HTTP/2 connections during the drain. Loaded only where jetty-http2 is on the class path. */
final class Http2Drain {

  private Http2Drain() {}

  /**
   * Sends a graceful GOAWAY once, and closes the connection when its streams are done.
   *
   * <p>Each session is shut down, and not the factory's container of sessions: that one cannot be
   * undone, it would end each later session at its start, even after a restart of the connector.
   *
   * @return what the connection is doing, or null when nothing is lost by closing it
   */
  static @Nullable String advance(
      Connection connection, AbstractEndPoint endPoint, long lingerMillis) {
    if (!(connection instanceof HTTP2Connection http2)) {
      return "a " + connection.getClass().getSimpleName();
    }
    Session session = http2.getSession();
    // Asked again at each step; only the first call sends anything.
    session.shutdown();
    int streams = session.getStreams().size();
    if (streams > 0) {
      return streams + (streams == 1 ? " HTTP/2 stream" : " HTTP/2 streams");
    }
    if (endPoint.getIdleFor() >= lingerMillis) {
      endPoint.close();
    }
    return null;
  }
}
