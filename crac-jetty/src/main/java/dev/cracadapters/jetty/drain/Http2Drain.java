/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty.drain;

import java.util.Comparator;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.jspecify.annotations.Nullable;

/** HTTP/2 connections during one drain. Loaded only where jetty-http2 is on the class path. */
final class Http2Drain {

  /** How long a connection that is never without a stream is left alone before its GOAWAY. */
  private static final long ALWAYS_BUSY_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final long begin = System.nanoTime();
  private final Map<Session, Integer> newestAtBegin = new WeakHashMap<>();

  /**
   * Sends a graceful GOAWAY once no stream is in flight, and closes the connection.
   *
   * <p>Not before: {@code java.net.http.HttpClient} up to JDK 23 gives up its streams when it gets
   * a GOAWAY (JDK-8335181). Only a client that keeps opening streams gets it earlier: it would
   * never come to an end.
   *
   * <p>Each session is shut down, not the factory's container of sessions. That cannot be undone:
   * it would end each later session at its start, even after a restart of the connector.
   *
   * @return what the connection is doing, or null when nothing is lost by closing it
   */
  @Nullable String advance(Connection connection, AbstractEndPoint endPoint, long lingerMillis) {
    if (!(connection instanceof HTTP2Connection http2)) {
      return "a " + connection.getClass().getSimpleName();
    }
    Session session = http2.getSession();
    int streams = session.getStreams().size();
    int newest =
        session.getStreams().stream().map(Stream::getId).max(Comparator.naturalOrder()).orElse(0);
    boolean goesOn = newest > newestAtBegin.computeIfAbsent(session, first -> newest);
    if (streams == 0 || goesOn && System.nanoTime() - begin > ALWAYS_BUSY_NANOS) {
      // At each step; only the first call sends anything.
      session.shutdown();
    }
    if (streams > 0) {
      return streams + (streams == 1 ? " HTTP/2 stream" : " HTTP/2 streams");
    }
    if (endPoint.getIdleFor() >= lingerMillis) {
      endPoint.close();
    }
    return null;
  }
}
