/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;
import org.awaitility.Awaitility;

/** The peer of a SocketAppender: reads the events that are sent to a port. */
final class EventServer implements AutoCloseable {

  private final ServerSocket listening;
  private final Set<Socket> accepted = ConcurrentHashMap.newKeySet();

  /**
   * Those of each connection, since a new one is read while there is still something in the old.
   */
  private final List<List<ILoggingEvent>> events = new ArrayList<>();

  private final AtomicInteger connections = new AtomicInteger();
  private final CountDownLatch reading = new CountDownLatch(1);

  private EventServer(ServerSocket listening, boolean reads) {
    this.listening = listening;
    if (reads) {
      reading.countDown();
    }
    start(this::accept);
  }

  static EventServer start() throws IOException {
    return at(0);
  }

  static EventServer at(int port) throws IOException {
    return at(port, ServerSocketFactory.getDefault());
  }

  static EventServer at(int port, ServerSocketFactory factory) throws IOException {
    return new EventServer(
        factory.createServerSocket(port, 50, InetAddress.getLoopbackAddress()), true);
  }

  /** One that takes connections, but reads nothing until it is told to. */
  static EventServer stalled() throws IOException {
    ServerSocket small = new ServerSocket();
    small.setReceiveBufferSize(4096);
    small.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    return new EventServer(small, false);
  }

  void read() {
    reading.countDown();
  }

  int port() {
    return listening.getLocalPort();
  }

  int connections() {
    return connections.get();
  }

  List<ILoggingEvent> events() {
    synchronized (events) {
      return events.stream().flatMap(List::stream).toList();
    }
  }

  private int count() {
    synchronized (events) {
      return events.stream().mapToInt(List::size).sum();
    }
  }

  List<String> messages() {
    return events().stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  /** Waits for so many events, and for each of them to be as it should. */
  List<String> receive(int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(5))
        .untilAsserted(() -> assertThat(count()).isGreaterThanOrEqualTo(count));
    return messages();
  }

  void awaitConnections(int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> connections.get() >= count);
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listening.accept();
        accepted.add(socket);
        connections.incrementAndGet();
        List<ILoggingEvent> received = new ArrayList<>();
        synchronized (events) {
          events.add(received);
        }
        start(() -> read(socket, received));
      }
    } catch (IOException e) {
      // Closed.
      return;
    }
  }

  private void read(Socket socket, List<ILoggingEvent> received) {
    try (socket) {
      reading.await();
      try (var in = new ObjectInputStream(socket.getInputStream())) {
        while (true) {
          ILoggingEvent event = (ILoggingEvent) in.readObject();
          synchronized (events) {
            received.add(event);
          }
        }
      }
    } catch (IOException e) {
      // The end.
      return;
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      accepted.remove(socket);
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "event server");
    thread.setDaemon(true);
    thread.start();
  }

  /** Waits until those who connected have closed their side. */
  void awaitNoConnection() {
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(accepted::isEmpty);
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : accepted) {
      socket.close();
    }
    reading.countDown();
  }
}
