/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@DisplayName("Without the native transport on the class path")
@Tag("essential")
class WithoutEpollTest {

  @Test
  @DisplayName("an NIO server goes through a checkpoint")
  void nioAlone() throws Exception {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (!entry.contains("epoll") && !entry.contains("native-unix-common")) {
        urls.add(new File(entry).toURI().toURL());
      }
    }
    try (URLClassLoader loader =
        new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
      assertThatThrownBy(() -> loader.loadClass("io.netty.channel.unix.UnixChannel"))
          .isInstanceOf(ClassNotFoundException.class);
      Callable<?> scenario =
          (Callable<?>)
              loader.loadClass(Scenario.class.getName()).getDeclaredConstructor().newInstance();
      assertThat(scenario.call()).isEqualTo("refused, then connected");
    }
  }

  /** Made by the other class loader. */
  public static final class Scenario implements Callable<String> {

    /** For the other class loader. */
    public Scenario() {}

    @Override
    @SuppressWarnings("deprecation") // the group of 4.1 and 4.2
    public String call() throws Exception {
      EventLoopGroup group = new NioEventLoopGroup(1);
      try {
        ServerBootstrap bootstrap =
            new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInboundHandlerAdapter());
        Channel bound = bootstrap.bind("127.0.0.1", 0).sync().channel();
        int port = ((InetSocketAddress) bound.localAddress()).getPort();
        NettyResource resource = NettyResource.of(bootstrap);
        resource.beforeCheckpoint(null);
        String during = connect(port);
        resource.afterRestore(null);
        return during + ", then " + connect(port);
      } finally {
        // Before the class loader closes.
        group.shutdownGracefully(50, 2_000, TimeUnit.MILLISECONDS).await(5, TimeUnit.SECONDS);
      }
    }

    private static String connect(int port) {
      try {
        new LineClient(port).close();
        return "connected";
      } catch (IOException e) {
        return "refused";
      }
    }
  }
}
