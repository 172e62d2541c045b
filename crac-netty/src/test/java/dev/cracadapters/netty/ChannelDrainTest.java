/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of a connection at a checkpoint, and of the requests on it. */
@DisplayName("A connection at a checkpoint")
class ChannelDrainTest {

  /** Bounds the waits for what comes by itself; nothing takes as long, on whatever machine. */
  private static final long LIMIT_SECONDS = 60;

  /** A drain that ends because it is done. */
  private static final NettySettings PATIENT =
      new NettySettings(Duration.ofSeconds(LIMIT_SECONDS), Duration.ofMillis(100));

  /** A drain whose time is over while nothing but the client is waited for. */
  private static final NettySettings IMPATIENT =
      new NettySettings(Duration.ofSeconds(1), Duration.ofMillis(50));

  /** Several times what the kernel takes from the server while the client does not read. */
  private static final String LARGE = "x".repeat(16 * LineClient.BUFFER);

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("gets the answer that another thread is still working on, and then a FIN")
  void answerOfAnotherThread(Transport transport) throws Exception {
    ExecutorService others = Executors.newSingleThreadExecutor();
    CountDownLatch received = new CountDownLatch(1);
    LineServer.Answer later =
        (ctx, line) -> {
          received.countDown();
          onceTheDrainHasBegun(
              ctx,
              () -> {
                // The loop stands still meanwhile: however long it takes, no quiet period passes.
                others.submit(() -> ctx.writeAndFlush(line + "!\n")).get();
                return null;
              });
        };
    try (LineServer server = new LineServer(transport, later)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, PATIENT);
      try (LineClient client = new LineClient(port)) {
        client.send("in flight");
        assertThat(received.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        resource.beforeCheckpoint(null);
        assertThat(client.read()).isEqualTo("in flight!");
        assertThat(client.read()).isNull();
      }
      resource.afterRestore(null);
    } finally {
      others.shutdownNow();
    }
  }

  /** Runs on the event loop, as one of its next tasks, when the drain has its handler there. */
  private static void onceTheDrainHasBegun(ChannelHandlerContext ctx, Callable<Void> task) {
    if (ctx.pipeline().names().stream().noneMatch(name -> name.startsWith("ChannelDrain"))) {
      ctx.channel().eventLoop().execute(() -> onceTheDrainHasBegun(ctx, task));
      return;
    }
    try {
      task.call();
    } catch (Exception e) {
      ctx.fireExceptionCaught(e);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("is still read and answered after the listening socket has closed")
  void requestAfterTheListenerClosed(Transport transport) throws Exception {
    ExecutorService walk = Executors.newSingleThreadExecutor();
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      int port = LineServer.portOf(server.bind(0));
      // So long a quiet period that the question comes within it: the client ends the connection.
      NettyResource resource =
          NettyResource.of(
              server.bootstrap,
              new NettySettings(Duration.ofSeconds(3 * LIMIT_SECONDS), Duration.ofSeconds(60)));
      try (LineClient client = new LineClient(port)) {
        assertThat(client.ask("1")).isEqualTo("echo 1");
        Future<?> stopped =
            walk.submit(
                () -> {
                  resource.beforeCheckpoint(null);
                  return null;
                });
        assertThat(await(() -> isRefused(port))).isTrue();
        assertThat(client.ask("2")).isEqualTo("echo 2");
        client.finish();
        assertThat(client.read()).isNull();
        stopped.get(LIMIT_SECONDS, TimeUnit.SECONDS);
      }
      resource.afterRestore(null);
    } finally {
      walk.shutdownNow();
    }
  }

  private static boolean isRefused(int port) {
    try {
      new LineClient(port).close();
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("gets the answer of a handler on its own executor, however long it works")
  void handlerOnItsOwnExecutor(Transport transport) throws Exception {
    EventExecutorGroup handlers = new DefaultEventExecutorGroup(1);
    CountDownLatch working = new CountDownLatch(1);
    CountDownLatch finish = new CountDownLatch(1);
    LineServer.Answer slow =
        (ctx, line) -> {
          working.countDown();
          finish.await(LIMIT_SECONDS, TimeUnit.SECONDS);
          ctx.writeAndFlush(line + "!\n");
        };
    ExecutorService walk = Executors.newSingleThreadExecutor();
    try (LineServer server =
        new LineServer(transport, transport.group(1), transport.group(2), handlers, slow)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, PATIENT);
      try (LineClient client = new LineClient(port)) {
        client.send("slow");
        assertThat(working.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        Future<?> stopped =
            walk.submit(
                () -> {
                  resource.beforeCheckpoint(null);
                  return null;
                });
        assertThatThrownBy(() -> stopped.get(500, TimeUnit.MILLISECONDS)) // five quiet periods
            .isInstanceOf(TimeoutException.class);
        finish.countDown();
        assertThat(client.read()).isEqualTo("slow!");
        assertThat(client.read()).isNull();
        stopped.get(LIMIT_SECONDS, TimeUnit.SECONDS);
      }
      resource.afterRestore(null);
    } finally {
      walk.shutdownNow();
      handlers.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("gets a large answer to its last byte, though its client reads slowly")
  void largeAnswer(Transport transport) throws Exception {
    CountDownLatch received = new CountDownLatch(1);
    LineServer.Answer answer =
        (ctx, line) -> {
          ctx.writeAndFlush(LARGE + "\n");
          received.countDown();
        };
    ExecutorService walk = Executors.newSingleThreadExecutor();
    try (LineServer server = new LineServer(transport, answer)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, PATIENT);
      try (LineClient client = new LineClient(port)) {
        client.send("large");
        assertThat(received.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        Future<?> stopped =
            walk.submit(
                () -> {
                  resource.beforeCheckpoint(null);
                  return null;
                });
        assertThatThrownBy(() -> stopped.get(300, TimeUnit.MILLISECONDS))
            .isInstanceOf(TimeoutException.class);
        assertThat(client.read()).hasSize(LARGE.length());
        assertThat(client.read()).isNull();
        stopped.get(LIMIT_SECONDS, TimeUnit.SECONDS);
      }
      resource.afterRestore(null);
    } finally {
      walk.shutdownNow();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("that does not take its answer refuses the checkpoint, and goes on afterwards")
  void clientThatDoesNotRead(Transport transport) throws Exception {
    CountDownLatch received = new CountDownLatch(1);
    LineServer.Answer answer =
        (ctx, line) -> {
          ctx.writeAndFlush((line.equals("large") ? LARGE : line) + "\n");
          received.countDown();
        };
    try (LineServer server = new LineServer(transport, answer)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, IMPATIENT);
      resource.beforeCheckpoint(
          null); // loads the classes: the drain's own second is for the client
      resource.afterRestore(null);
      try (LineClient client = new LineClient(port)) {
        client.send("large");
        assertThat(received.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> resource.beforeCheckpoint(null))
            .isInstanceOf(RefusedException.class)
            .hasMessageContaining("bytes to send that its client does not take")
            .hasMessageContaining("drain-timeout");
        resource.afterRestore(null);
        assertThat(client.read()).hasSize(LARGE.length());
        assertThat(client.ask("on")).isEqualTo("on");
      }
      try (LineClient next = new LineClient(port)) {
        assertThat(next.ask("next")).isEqualTo("next");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("goes on when the walk that waits for it is interrupted")
  void interruptedWalk(Transport transport) throws Exception {
    LineServer.Answer answer =
        (ctx, line) -> ctx.writeAndFlush((line.equals("large") ? LARGE : line) + "\n");
    ExecutorService walk = Executors.newSingleThreadExecutor();
    try (LineServer server = new LineServer(transport, answer)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, PATIENT);
      try (LineClient client = new LineClient(port)) {
        client.send("large");
        Future<Throwable> stopped =
            walk.submit(
                () -> {
                  try {
                    resource.beforeCheckpoint(null);
                    return null;
                  } catch (Exception e) {
                    return e;
                  }
                });
        assertThat(await(() -> isRefused(port))).isTrue();
        walk.shutdownNow();
        assertThat(stopped.get(LIMIT_SECONDS, TimeUnit.SECONDS))
            .isInstanceOf(InterruptedException.class);
        resource.afterRestore(null);
        assertThat(client.read()).hasSize(LARGE.length());
        assertThat(client.ask("on")).isEqualTo("on");
      }
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
    } finally {
      walk.shutdownNow();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("that pushes without end is closed at half the drain time-out")
  void endlessPush(Transport transport) throws Exception {
    LineServer.Answer push =
        (ctx, line) ->
            ctx.executor()
                .scheduleAtFixedRate(
                    () -> ctx.writeAndFlush("tick\n"), 0, 20, TimeUnit.MILLISECONDS);
    try (LineServer server = new LineServer(transport, push)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource =
          NettyResource.of(
              server.bootstrap, new NettySettings(Duration.ofSeconds(2), Duration.ofMillis(50)));
      try (LineClient client = new LineClient(port)) {
        assertThat(client.ask("subscribe")).isEqualTo("tick");
        resource.beforeCheckpoint(null);
        String last = client.read();
        while (last != null) {
          assertThat(last).isEqualTo("tick");
          last = client.read();
        }
      }
      resource.afterRestore(null);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("with half a request ends with a FIN and without an answer")
  void halfARequest(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, PATIENT);
      try (LineClient client = new LineClient(port)) {
        assertThat(client.ask("whole")).isEqualTo("echo whole");
        client.sendRaw("half");
        resource.beforeCheckpoint(null);
        assertThat(client.read()).isNull();
      }
      resource.afterRestore(null);
    }
  }

  private static boolean await(BooleanSupplier condition) throws Exception {
    return Deadline.after(Duration.ofSeconds(LIMIT_SECONDS)).await(condition::getAsBoolean);
  }
}
