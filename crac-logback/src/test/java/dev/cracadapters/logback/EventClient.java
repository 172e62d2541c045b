/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.SocketFactory;
import org.awaitility.Awaitility;

/** The peer of a ServerSocketAppender: connects, again and again, and reads what it is sent. */
final class EventClient implements AutoCloseable {

  private final int port;
  private final SocketFactory factory;
  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final CountDownLatch reading = new CountDownLatch(1);
  private volatile Socket socket = new Socket();

  private EventClient(int port, SocketFactory factory, boolean reads) {
    this.port = port;
    this.factory = factory;
    if (reads) {
      reading.countDown();
    }
    Thread thread = new Thread(this::run, "event client");
    thread.setDaemon(true);
    thread.start();
    awaitConnections(1);
  }

  /** One that is connected. */
  static EventClient of(int port) {
    return of(port, SocketFactory.getDefault());
  }

  static EventClient of(int port, SocketFactory factory) {
    return new EventClient(port, factory, true);
  }

  /** One that is connected, but reads nothing until it is told to. */
  static EventClient stalled(int port) {
    return new EventClient(port, SocketFactory.getDefault(), false);
  }

  void read() {
    reading.countDown();
  }

  int connections() {
    return connections.get();
  }

  List<ILoggingEvent> events() {
    return events;
  }

  List<String> messages() {
    return events.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  List<String> receive(int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(5))
        .untilAsserted(() -> assertThat(events).hasSizeGreaterThanOrEqualTo(count));
    return messages();
  }

  /** The server knows of them: it has sent what comes before the first event. */
  void awaitConnections(int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> connections.get() >= count);
  }

  private void run() {
    try {
      do {
        connect();
      } while (!closed.await(20, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private void connect() throws InterruptedException, ClassNotFoundException {
    try (Socket fresh = factory.createSocket()) {
      socket = fresh;
      fresh.setReceiveBufferSize(4096);
      fresh.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      try (var in = new ObjectInputStream(fresh.getInputStream())) {
        connections.incrementAndGet();
        reading.await();
        while (true) {
          events.add((ILoggingEvent) in.readObject());
        }
      }
    } catch (IOException e) {
      // It is tried again.
      return;
    }
  }

  /** Goes away for good. */
  @Override
  public void close() throws IOException {
    closed.countDown();
    reading.countDown();
    socket.close();
  }
}
