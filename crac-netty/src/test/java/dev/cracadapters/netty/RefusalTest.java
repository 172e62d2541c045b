/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.RefusedException;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.DefaultEventLoopGroup;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.Version;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("What a Netty server cannot do, it says before the snapshot")
class RefusalTest {

  private static final NettySettings QUICK =
      new NettySettings(Duration.ofSeconds(5), Duration.ofMillis(50));

  @Test
  @DisplayName("on the line of Netty that this run is meant for")
  void line() {
    assertThat(Version.identify().get("netty-transport").artifactVersion())
        .startsWith(System.getProperty("expected.netty", "4.2."));
  }

  @Test
  @DisplayName("io_uring is refused")
  void ioUring() {
    EventLoopGroup group = new IoUringEventLoopGroup();
    try {
      ServerBootstrap bootstrap = new ServerBootstrap().group(group);
      assertThatThrownBy(() -> NettyResource.of(bootstrap).beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("io_uring")
          .hasMessageContaining("Use NIO or epoll");
    } finally {
      group.shutdownGracefully();
    }
  }

  @Test
  @DisplayName("a bootstrap that was never given a group has nothing to stop")
  void emptyBootstrap() throws Exception {
    NettyResource resource = NettyResource.of(new ServerBootstrap());
    resource.beforeCheckpoint(null);
    resource.afterRestore(null);
    assertThat(resource.name()).isEqualTo("netty");
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("a handler that Netty lets into one pipeline only is refused while all still works")
  void oneTimeHandler(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      server.bootstrap.handler(new ChannelInboundHandlerAdapter());
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      try (LineClient client = new LineClient(port)) {
        assertThat(client.ask("1")).isEqualTo("echo 1");
        assertThatThrownBy(() -> resource.beforeCheckpoint(null))
            .isInstanceOf(RefusedException.class)
            .hasMessageContaining("@Sharable");
        assertThat(client.ask("2")).isEqualTo("echo 2");
        resource.afterRestore(null);
        assertThat(client.ask("3")).isEqualTo("echo 3");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#epoll")
  @DisplayName("a client's connection on the server's epoll loops is refused by its address")
  void clientOnTheSameLoops(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO);
        ServerSocket elsewhere = new ServerSocket(0)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      Channel outgoing =
          new Bootstrap()
              .group(server.children)
              .channel(EpollSocketChannel.class)
              .handler(new ChannelInboundHandlerAdapter())
              .connect(new InetSocketAddress("127.0.0.1", elsewhere.getLocalPort()))
              .sync()
              .channel();
      assertThatThrownBy(() -> resource.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining(":" + elsewhere.getLocalPort());
      resource.afterRestore(null);
      assertThat(outgoing.isActive()).isTrue();
      try (LineClient client = new LineClient(port)) {
        assertThat(client.ask("1")).isEqualTo("echo 1");
      }
      outgoing.close().sync();
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("what a handler says at a close, as TLS and HTTP/2 do, reaches the client")
  void farewell(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      server.bootstrap.childHandler(
          new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
              channel.pipeline().addLast(new Farewell());
            }
          });
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource = NettyResource.of(server.bootstrap, QUICK);
      try (LineClient client = new LineClient(port)) {
        client.sendRaw("hello");
        resource.beforeCheckpoint(null);
        assertThat(client.read()).isEqualTo("bye");
        assertThat(client.read()).isNull();
      }
      resource.afterRestore(null);
    }
  }

  private static final class Farewell extends ChannelOutboundHandlerAdapter {

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
      ctx.writeAndFlush(ctx.alloc().buffer().writeBytes("bye\n".getBytes()))
          .addListener(written -> ctx.close(promise));
    }
  }

  /** A stand-in with the name of the real one, which the test's kernel may not allow. */
  @SuppressWarnings("deprecation") // in 4.2, though it is the one that 4.1 knows
  private static final class IoUringEventLoopGroup extends DefaultEventLoopGroup {

    IoUringEventLoopGroup() {
      super(1);
    }

    @Override
    protected EventLoop newChild(Executor executor, Object... args) {
      return new IoUringEventLoop(this, executor);
    }
  }

  private static final class IoUringEventLoop extends DefaultEventLoop {

    IoUringEventLoop(EventLoopGroup parent, Executor executor) {
      super(parent, executor);
    }
  }
}
