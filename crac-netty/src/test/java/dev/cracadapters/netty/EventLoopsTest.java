/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.RefusedException;
import io.netty.channel.EventLoopGroup;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Event loops that are blocked, shared, shut down, or have scheduled tasks at a checkpoint. */
@DisplayName("A Netty server and its event loops at a checkpoint")
@Tag("essential")
class EventLoopsTest {

  private static final NettySettings QUICK =
      new NettySettings(Duration.ofSeconds(5), Duration.ofMillis(50));
  private static final NettySettings IMPATIENT =
      new NettySettings(Duration.ofMillis(600), Duration.ofMillis(50));

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("refuses while a loop is blocked, names its thread and stack, and serves on")
  void blockedLoop(Transport transport) throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    LineServer.Answer blocking =
        (ctx, line) -> {
          if (line.equals("block")) {
            entered.countDown();
            release.await(20, TimeUnit.SECONDS);
          }
          LineServer.ECHO.to(ctx, line);
        };
    try (LineServer server = new LineServer(transport, blocking)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, IMPATIENT);
      try (LineClient client = new LineClient(port)) {
        client.send("block");
        assertThat(entered.await(5, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> resource.beforeCheckpoint(null))
            .isInstanceOf(RefusedException.class)
            .hasMessageContaining("is blocked")
            .hasMessageContaining("LoopGroup")
            .hasMessageContaining("\n\tat ");
        release.countDown();
        resource.afterRestore(null);
        assertThat(client.read()).isEqualTo("echo block");
        assertThat(client.ask("on")).isEqualTo("echo on");
      } finally {
        release.countDown();
      }
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("refuses a checkpoint that is asked for on its own event loop")
  void ownLoop(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      server.bind(0);
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      assertThat(
              server
                  .children
                  .next()
                  .submit(
                      () -> {
                        resource.beforeCheckpoint(null);
                        return null;
                      })
                  .await()
                  .cause())
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("Ask for it on another thread");
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("runs the scheduled tasks of its loops after the restore")
  void scheduledTasks(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      server.bind(0);
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      CountDownLatch ran = new CountDownLatch(2);
      AtomicBoolean scheduled = new AtomicBoolean();
      server.children.forEach(loop -> loop.schedule(ran::countDown, 1_500, TimeUnit.MILLISECONDS));
      // The loops now wait with their timers armed for these tasks: only then it is worth a test.
      server.children.forEach(loop -> loop.execute(() -> scheduled.set(true)));
      await().atMost(Duration.ofSeconds(5)).untilTrue(scheduled);
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      assertThat(ran.getCount()).isEqualTo(2);
      assertThat(ran.await(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("leaves a server alone that shares its groups but not its bootstrap")
  void sharedGroups(Transport transport) throws Exception {
    EventLoopGroup parents = transport.group(1);
    EventLoopGroup children = transport.group(2);
    try (LineServer echo = new LineServer(transport, parents, children, null, LineServer.ECHO);
        LineServer shout =
            new LineServer(
                transport,
                parents,
                children,
                null,
                (ctx, line) -> ctx.writeAndFlush(line.toUpperCase() + "\n"))) {
      int echoPort = LineServer.portOf(echo.bind(0));
      int shoutPort = LineServer.portOf(shout.bind(0));
      NettyResource echoing = NettyResource.of(echo.bootstrap, QUICK);
      NettyResource shouting = NettyResource.of(shout.bootstrap, QUICK);
      try (LineClient client = new LineClient(shoutPort)) {
        echoing.beforeCheckpoint(null);
        assertThat(client.ask("still here")).isEqualTo("STILL HERE");
        shouting.beforeCheckpoint(null);
        assertThat(client.read()).isNull();
      }
      shouting.afterRestore(null);
      echoing.afterRestore(null);
      try (LineClient one = new LineClient(echoPort);
          LineClient two = new LineClient(shoutPort)) {
        assertThat(one.ask("a")).isEqualTo("echo a");
        assertThat(two.ask("a")).isEqualTo("A");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("stays down when its groups were shut down")
  void groupsShutDown(Transport transport) throws Exception {
    LineServer server = new LineServer(transport, LineServer.ECHO);
    int port = LineServer.portOf(server.bind(0));
    NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
    server.shutDown();
    resource.beforeCheckpoint(null);
    resource.afterRestore(null);
    assertThatThrownBy(() -> new LineClient(port)).isInstanceOf(ConnectException.class);
  }
}
