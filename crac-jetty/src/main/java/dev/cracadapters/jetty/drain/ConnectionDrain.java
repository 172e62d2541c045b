/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty.drain;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.NegotiatingServerConnection;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a connector that no longer accepts, until none is left.
 *
 * <p>Nothing is attached to a connection while no checkpoint runs. What a connection is doing is
 * read from Jetty's {@link HttpConnection}: its message counters do not tell, because they count a
 * response when it begins.
 *
 * <p>An idle connection is closed through its {@link org.eclipse.jetty.io.FillInterest}, just as
 * Jetty does when it has been idle for too long. That is atomic against a request that arrives in
 * the same moment: either the request is read, processed and answered, or the connection is closed
 * and none of it is processed.
 */
public final class ConnectionDrain {

  /**
   * How long a connection must have been idle. Long enough for a client that has just received a
   * response, or has just connected, to send its next request, which is then answered with {@code
   * Connection: close}; short enough not to be felt at a checkpoint.
   */
  private static final long QUIET_MILLIS = 250;

  /** How long a request whose headers have begun to arrive may stall. None of it is processed. */
  private static final long STALLED_MILLIS = 2000;

  /** How long the client may take to close its side after ours. */
  private static final long LINGER_MILLIS = 500;

  private static final String READING = "a request that has not arrived completely";

  private final ServerConnector connector;
  private @Nullable Http2Drain http2;

  public ConnectionDrain(ServerConnector connector) {
    this.connector = connector;
  }

  /** The next drain begins: each has its own clock. */
  public void begin() {
    http2 = null;
  }

  /** Closes what can be closed by now. */
  public void step() {
    connector.getConnectedEndPoints().forEach(endPoint -> advance(endPoint, false));
  }

  /**
   * Closes every idle connection at once.
   *
   * @return what the remaining connections are doing, empty when nothing is lost by closing them
   */
  public List<String> closeIdle() {
    List<String> busy = new ArrayList<>();
    for (EndPoint endPoint : connector.getConnectedEndPoints()) {
      String work = advance(endPoint, true);
      if (work != null) {
        busy.add(work);
      }
    }
    return busy;
  }

  /** Does not wait any longer for clients to close their side. */
  public void closeFinished() {
    for (EndPoint endPoint : connector.getConnectedEndPoints()) {
      if (advance(endPoint, true) == null) {
        endPoint.close();
      }
    }
  }

  private @Nullable String advance(EndPoint socket, boolean atOnce) {
    if (!(socket instanceof AbstractEndPoint outer)) {
      return socket.getClass().getSimpleName();
    }
    AbstractEndPoint endPoint = outer;
    Connection connection = outer.getConnection();
    while (connection instanceof SslConnection ssl) {
      endPoint = ssl.getSslEndPoint();
      connection = endPoint.getConnection();
    }
    if (connection instanceof HttpConnection http) {
      return advance(http, outer, endPoint, atOnce);
    }
    if (connection != null && isHttp2(connection)) {
      if (http2 == null) {
        http2 = new Http2Drain();
      }
      return http2.advance(connection, outer, LINGER_MILLIS);
    }
    if (outer.isOutputShutdown()) {
      closeAfterLinger(outer);
      return null;
    }
    if (isBeforeFirstRequest(connection)) {
      boolean closed = closeIfIdle(outer, endPoint, atOnce ? 0 : QUIET_MILLIS);
      return closed || !atOnce ? null : READING;
    }
    // A WebSocket, a tunnel, or a protocol this class does not know: the application's to end.
    return connection == null ? "a connection" : "a " + connection.getClass().getSimpleName();
  }

  private static @Nullable String advance(
      HttpConnection http, AbstractEndPoint outer, AbstractEndPoint endPoint, boolean atOnce) {
    Request request = http.getHttpChannel().getRequest();
    if (request != null) {
      if (!http.getGenerator().isCommitted()) {
        http.getGenerator().setPersistent(false);
      }
      return request.getMethod() + " " + request.getHttpURI().getPath();
    }
    if (outer.isOutputShutdown() || endPoint.isOutputShutdown()) {
      closeAfterLinger(outer);
      return null;
    }
    boolean begun = !http.getParser().isIdle() || !http.isRequestBufferEmpty();
    long threshold = begun ? STALLED_MILLIS : atOnce ? 0 : QUIET_MILLIS;
    boolean closed = closeIfIdle(outer, endPoint, threshold);
    return closed || !begun && !atOnce ? null : READING;
  }

  private static boolean closeIfIdle(
      AbstractEndPoint outer, AbstractEndPoint endPoint, long threshold) {
    // The socket's own idle time is that of the last byte, TLS handshake included. It is asked
    // last:
    // a request that has come since the other questions would have set it back.
    return !hasUnread(outer)
        && outer.getIdleFor() >= threshold
        && endPoint.getFillInterest().onFail(new TimeoutException("closed for a checkpoint"));
  }

  private static void closeAfterLinger(AbstractEndPoint outer) {
    if (outer.getIdleFor() >= LINGER_MILLIS) {
      outer.close();
    }
  }

  /** Bytes that have come but were not read yet; closing over them would send a reset. */
  private static boolean hasUnread(EndPoint outer) {
    try {
      return outer.getTransport() instanceof SocketChannel channel
          && channel.socket().getInputStream().available() > 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** ALPN, PROXY protocol or detection: what follows has not been chosen yet. */
  private static boolean isBeforeFirstRequest(@Nullable Connection connection) {
    return connection instanceof NegotiatingServerConnection
        || connection != null
            && connection.getClass().getName().startsWith("org.eclipse.jetty.server.");
  }

  /** By name, because jetty-http2 need not be on the class path. */
  private static boolean isHttp2(Connection connection) {
    return connection.getClass().getName().startsWith("org.eclipse.jetty.http2.");
  }
}
