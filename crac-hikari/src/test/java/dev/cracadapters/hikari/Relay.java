/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A port of this machine behind which the database is: not open yet, open but silent, or passing
 * everything on.
 */
final class Relay implements AutoCloseable {

  private final int target;
  private final int port;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final AtomicInteger accepted = new AtomicInteger();
  private volatile CountDownLatch held = new CountDownLatch(0);
  private volatile ServerSocket listener;
  private volatile Thread acceptor;

  private Relay(int target) throws IOException {
    this.target = target;
    try (ServerSocket free = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
  }

  static Relay to(int target) throws IOException {
    Relay relay = new Relay(target);
    relay.open();
    return relay;
  }

  int port() {
    return port;
  }

  /** How many connections it was asked for. */
  int accepted() {
    return accepted.get();
  }

  /** From now on connections are taken, but nothing is heard from the other side. */
  void hold() {
    held = new CountDownLatch(1);
  }

  void letGo() {
    held.countDown();
  }

  void open() throws IOException {
    ServerSocket opened = new ServerSocket();
    opened.setReuseAddress(true);
    opened.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    listener = opened;
    acceptor = daemon(() -> accept(opened));
  }

  /** From now on connections are refused, and those that there are end. */
  @Override
  public void close() throws IOException {
    letGo();
    listener.close();
    // The kernel takes connections for as long as a thread is in accept.
    try {
      acceptor.join(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Socket socket : sockets) {
      socket.close();
    }
    sockets.clear();
  }

  private void accept(ServerSocket from) throws IOException {
    while (true) {
      Socket near = from.accept();
      accepted.incrementAndGet();
      sockets.add(near);
      CountDownLatch gate = held;
      daemon(
          () -> {
            gate.await();
            Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(far);
            daemon(() -> pass(far, near));
            pass(near, far);
          });
    }
  }

  private static void pass(Socket from, Socket to) throws IOException {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    }
  }

  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private static Thread daemon(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException | InterruptedException e) {
                // One side is gone, or the relay is closed.
              }
            },
            "relay");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
