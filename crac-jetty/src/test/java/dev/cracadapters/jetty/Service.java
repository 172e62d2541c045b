/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import dev.cracadapters.core.Deadline;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * A small web application: {@code /echo} answers with what it was sent, {@code /slow} answers when
 * {@link #finish} is called, {@code /stream} sends its first half at once and its second half then.
 */
final class Service implements AutoCloseable {

  final Server server;
  final ServerConnector connector;
  final AtomicInteger starts = new AtomicInteger();
  final ConcurrentHashMap<String, Integer> processed = new ConcurrentHashMap<>();
  volatile CountDownLatch finish = new CountDownLatch(1);
  volatile CountDownLatch entered = new CountDownLatch(1);

  /** While set, every connection counts as just used, however slowly the machine runs. */
  volatile boolean neverIdle;

  Service() {
    server = new Server(new QueuedThreadPool(50));
    connector = new Connections(server);
    server.addConnector(connector);
    server.setHandler(new Application());
  }

  Service start() throws Exception {
    server.start();
    return this;
  }

  int port() {
    return connector.getLocalPort();
  }

  JettyResource resource() {
    return JettyResource.of(server);
  }

  JettyResource resource(Duration drainTimeout) {
    return JettyResource.of(server, new JettySettings(drainTimeout));
  }

  void awaitEntered() throws InterruptedException {
    if (!entered.await(10, TimeUnit.SECONDS)) {
      throw new AssertionError("no request reached the application");
    }
  }

  void finish() {
    finish.countDown();
  }

  /**
   * Waits until no thread accepts for the connector any more. A stop interrupts these threads and
   * does not wait: one that is late finds the connector started again, and its interrupt closes the
   * new listening socket.
   */
  void awaitEndOfAcceptors() throws InterruptedException {
    String name = "@" + Integer.toHexString(connector.hashCode()) + "{";
    boolean ended =
        Deadline.after(Duration.ofSeconds(10))
            .await(
                () ->
                    Thread.getAllStackTraces().keySet().stream()
                        .map(Thread::getName)
                        .noneMatch(
                            thread -> thread.contains("-acceptor-") && thread.contains(name)));
    if (!ended) {
      throw new AssertionError("acceptors go on");
    }
  }

  @Override
  public void close() {
    finish();
    LifeCycle.stop(server);
  }

  private final class Connections extends ServerConnector {

    Connections(Server server) {
      super(server);
    }

    @Override
    protected SocketChannelEndPoint newEndPoint(
        SocketChannel channel, ManagedSelector selector, SelectionKey key) {
      SocketChannelEndPoint endPoint =
          new SocketChannelEndPoint(channel, selector, key, getScheduler()) {
            @Override
            public long getIdleFor() {
              return neverIdle ? 0 : super.getIdleFor();
            }
          };
      endPoint.setIdleTimeout(getIdleTimeout());
      return endPoint;
    }
  }

  private final class Application extends Handler.Abstract {
    @Override
    protected void doStart() throws Exception {
      starts.incrementAndGet();
      super.doStart();
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback)
        throws IOException, InterruptedException {
      switch (Request.getPathInContext(request)) {
        case "/echo" -> {
          String body = Content.Source.asString(request, StandardCharsets.UTF_8);
          processed.merge(body, 1, Integer::sum);
          Content.Sink.write(response, true, body, callback);
        }
        case "/slow" -> {
          entered.countDown();
          finish.await(30, TimeUnit.SECONDS);
          Content.Sink.write(response, true, "slow", callback);
        }
        case "/stream" -> {
          Content.Sink.write(
              response, false, java.nio.ByteBuffer.wrap("first ".getBytes(StandardCharsets.UTF_8)));
          entered.countDown();
          finish.await(30, TimeUnit.SECONDS);
          Content.Sink.write(response, true, "second", callback);
        }
        case "/async" -> {
          StringBuilder body = new StringBuilder();
          Runnable read =
              new Runnable() {
                @Override
                public void run() {
                  for (Content.Chunk chunk = request.read(); ; chunk = request.read()) {
                    if (chunk == null) {
                      entered.countDown();
                      request.demand(this);
                      return;
                    }
                    body.append(StandardCharsets.UTF_8.decode(chunk.getByteBuffer()));
                    chunk.release();
                    if (chunk.isLast()) {
                      Content.Sink.write(response, true, body.toString(), callback);
                      return;
                    }
                  }
                }
              };
          read.run();
        }
        default -> Response.writeError(request, response, callback, 404);
      }
      return true;
    }
  }
}
