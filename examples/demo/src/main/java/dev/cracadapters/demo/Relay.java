/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * Carries connections from one address to another. A Unix domain socket is reached from every
 * network namespace, so two relays, one on each side of it, connect a namespace to the world
 * outside without any network between them.
 */
final class Relay implements AutoCloseable {

  private final ServerSocketChannel listener;
  private final SocketAddress to;

  private Relay(ServerSocketChannel listener, SocketAddress to) {
    this.listener = listener;
    this.to = to;
  }

  static Relay open(SocketAddress from, SocketAddress to) throws IOException {
    boolean unix = from instanceof UnixDomainSocketAddress;
    ServerSocketChannel listener =
        unix ? ServerSocketChannel.open(StandardProtocolFamily.UNIX) : ServerSocketChannel.open();
    listener.bind(from);
    Relay relay = new Relay(listener, to);
    daemon(relay::accept, "relay " + from + " to " + to);
    return relay;
  }

  static SocketAddress tcp(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  static SocketAddress unix(Path path) {
    return UnixDomainSocketAddress.of(path);
  }

  /** The port that was chosen where 0 was asked for. */
  int port() throws IOException {
    return ((InetSocketAddress) listener.getLocalAddress()).getPort();
  }

  private void accept() {
    while (listener.isOpen()) {
      try {
        SocketChannel here = listener.accept();
        SocketChannel there = connect(here);
        if (there != null) {
          daemon(() -> copy(here, there), "relay up");
          daemon(() -> copy(there, here), "relay down");
        }
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private SocketChannel connect(SocketChannel here) throws IOException {
    try {
      return SocketChannel.open(to);
    } catch (IOException e) {
      here.close(); // nobody listens there (yet): the caller sees its connection end
      return null;
    }
  }

  private static void copy(SocketChannel from, SocketChannel into) {
    ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
    try {
      while (from.read(buffer) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          into.write(buffer);
        }
        buffer.clear();
      }
      into.shutdownOutput();
    } catch (ClosedChannelException e) {
      return;
    } catch (IOException e) {
      closeBoth(from, into);
    }
  }

  private static void closeBoth(SocketChannel one, SocketChannel other) {
    try (one;
        other) {
      return;
    } catch (IOException e) {
      return; // a broken connection that cannot even be closed is still broken
    }
  }

  private static void daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  /**
   * The inner side, started inside a network namespace: {@code DATABASE_SOCKET DATABASE_PORT}, then
   * pairs of {@code SOCKET PORT} for the service's listeners; the last argument is a file that says
   * when all are open. It runs until it is killed.
   */
  public static void main(String[] arguments) throws Exception {
    open(tcp(Integer.parseInt(arguments[1])), unix(Path.of(arguments[0])));
    for (int i = 2; i + 1 < arguments.length; i += 2) {
      open(unix(Path.of(arguments[i])), tcp(Integer.parseInt(arguments[i + 1])));
    }
    Files.createFile(Path.of(arguments[arguments.length - 1]));
    new CountDownLatch(1).await();
  }
}
