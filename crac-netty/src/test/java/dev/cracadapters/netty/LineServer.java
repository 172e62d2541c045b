/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;
import io.netty.util.concurrent.EventExecutorGroup;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server that answers lines, written as a user of Netty writes one. */
final class LineServer implements AutoCloseable {

  interface Answer {
    void to(ChannelHandlerContext ctx, String line) throws Exception;
  }

  static final Answer ECHO = (ctx, line) -> ctx.writeAndFlush("echo " + line + "\n");

  final EventLoopGroup parents;
  final EventLoopGroup children;
  final ServerBootstrap bootstrap;

  LineServer(Transport transport, Answer answer) {
    this(transport, transport.group(1), transport.group(2), null, answer);
  }

  LineServer(
      Transport transport,
      EventLoopGroup parents,
      EventLoopGroup children,
      @Nullable EventExecutorGroup handlers,
      Answer answer) {
    this.parents = parents;
    this.children = children;
    this.bootstrap =
        new ServerBootstrap()
            .group(parents, children)
            .channel(transport.serverChannel())
            .childOption(ChannelOption.SO_SNDBUF, LineClient.BUFFER)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  @SuppressWarnings("deprecation") // in 4.2, though it is the way that 4.1 knows
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new LineBasedFrameDecoder(1 << 20),
                            new StringDecoder(StandardCharsets.UTF_8),
                            new StringEncoder(StandardCharsets.UTF_8))
                        .addLast(handlers, "answer", new Answering(answer));
                  }
                });
  }

  Channel bind(int port) throws InterruptedException {
    return bootstrap.bind("127.0.0.1", port).sync().channel();
  }

  static int portOf(Channel channel) {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  @Override
  public void close() {
    shutDown();
  }

  void shutDown() {
    // With a quiet period of 0, a loop of 4.2 may end without having closed its channels.
    parents.shutdownGracefully(50, 2_000, TimeUnit.MILLISECONDS);
    children.shutdownGracefully(50, 2_000, TimeUnit.MILLISECONDS);
    parents.terminationFuture().awaitUninterruptibly(5, TimeUnit.SECONDS);
    children.terminationFuture().awaitUninterruptibly(5, TimeUnit.SECONDS);
  }

  private static final class Answering extends SimpleChannelInboundHandler<String> {

    private final Answer answer;

    Answering(Answer answer) {
      this.answer = answer;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, String line) throws Exception {
      answer.to(ctx, line);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
