/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The line protocol: one command a line, one line of answer each. */
@Configuration
class LineConfiguration {

  private static final int LONGEST_LINE = 256;

  // Neither is a default candidate: each would take the place of an executor or scheduler that Boot
  // sets up.

  @Bean(destroyMethod = "shutdownGracefully", defaultCandidate = false)
  EventLoopGroup lineEventLoops() {
    return new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
  }

  /** Commands wait for the database, which an event loop must not. */
  @Bean(destroyMethod = "shutdown", defaultCandidate = false)
  ExecutorService lineExecutor() {
    return Executors.newFixedThreadPool(4, new DefaultThreadFactory("line"));
  }

  @Bean
  ServerBootstrap lineBootstrap(OrderStore orders) {
    return new ServerBootstrap()
        .group(lineEventLoops())
        .channel(NioServerSocketChannel.class)
        .option(ChannelOption.SO_BACKLOG, 128)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                channel
                    .pipeline()
                    .addLast(new LineBasedFrameDecoder(LONGEST_LINE))
                    .addLast(new StringDecoder())
                    .addLast(new StringEncoder())
                    .addLast(new LineCommands(orders, lineExecutor()));
              }
            });
  }
}
