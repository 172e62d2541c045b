/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.Arrays;
import java.util.stream.Stream;

/** The event loop groups that an application can have: the last two exist from Netty 4.2 on. */
@SuppressWarnings("deprecation") // 4.2 deprecates the groups that are the only ones of 4.1
enum Transport {
  NIO_GROUP {
    @Override
    EventLoopGroup group(int threads) {
      return new NioEventLoopGroup(threads);
    }
  },
  EPOLL_GROUP {
    @Override
    EventLoopGroup group(int threads) {
      return new EpollEventLoopGroup(threads);
    }
  },
  NIO_HANDLER {
    @Override
    EventLoopGroup group(int threads) {
      return new MultiThreadIoEventLoopGroup(threads, NioIoHandler.newFactory());
    }
  },
  EPOLL_HANDLER {
    @Override
    EventLoopGroup group(int threads) {
      return new MultiThreadIoEventLoopGroup(threads, EpollIoHandler.newFactory());
    }
  };

  abstract EventLoopGroup group(int threads);

  Class<? extends ServerChannel> serverChannel() {
    return isEpoll() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  boolean isEpoll() {
    return this == EPOLL_GROUP || this == EPOLL_HANDLER;
  }

  static Stream<Transport> all() {
    return Arrays.stream(values()).filter(Transport::exists);
  }

  static Stream<Transport> epoll() {
    return all().filter(Transport::isEpoll);
  }

  private boolean exists() {
    if (this == NIO_GROUP || this == EPOLL_GROUP) {
      return true;
    }
    try {
      Class.forName("io.netty.channel.MultiThreadIoEventLoopGroup");
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
