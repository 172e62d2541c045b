/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that order without pause. One whose call fails tries the same order again until it is
 * answered, as a careful client does; the reference makes sure that an order is taken once.
 */
final class Load implements AutoCloseable {

  private static final long RETRY_NANOS = 20_000_000;

  private final OrdersClient orders;
  private final String name;
  private final List<Thread> clients = new ArrayList<>();
  private volatile boolean stopped;

  /**
   * References of orders that were answered with 201, and the ids of all requests that were
   * answered at all.
   */
  private final Queue<String> taken = new ConcurrentLinkedQueue<>();

  private final Queue<String> answered = new ConcurrentLinkedQueue<>();
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicInteger lostAnswers = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();

  private Load(OrdersClient orders, String name) {
    this.orders = orders;
    this.name = name;
  }

  static Load start(OrdersClient orders, String name, int clients) {
    Load load = new Load(orders, name);
    for (int i = 0; i < clients; i++) {
      String client = name + "-" + i;
      Thread thread = new Thread(() -> load.orderOn(client), "client " + client);
      load.clients.add(thread);
      thread.start();
    }
    return load;
  }

  private void orderOn(String client) {
    for (int order = 0; !stopped; order++) {
      String reference = client + "-" + order;
      boolean done = false;
      for (int attempt = 0; !done && !(stopped && attempt > 0); attempt++) {
        done = tryOrder(reference, reference + "." + attempt);
      }
    }
  }

  private boolean tryOrder(String reference, String requestId) {
    try {
      HttpResponse<String> response = orders.order(reference, requestId);
      answered.add(requestId);
      switch (response.statusCode()) {
        case 201 -> taken.add(reference);
        // The order was taken by an earlier attempt, whose answer never came.
        case 409 -> lostAnswers.incrementAndGet();
        default -> wrong.add(requestId + ": " + response.statusCode() + " " + response.body());
      }
      return true;
    } catch (IOException e) {
      failures.incrementAndGet();
      LockSupport.parkNanos(RETRY_NANOS);
      return false;
    }
  }

  /** Lets each client finish the call that it is in. */
  @Override
  public void close() {
    stopped = true;
    for (Thread client : clients) {
      try {
        client.join(60_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      if (client.isAlive()) {
        throw new IllegalStateException(client.getName() + " of " + name + " still waits");
      }
    }
  }

  List<String> taken() {
    return List.copyOf(taken);
  }

  List<String> answered() {
    return List.copyOf(answered);
  }

  /** Answers other than 201 and 409. */
  List<String> wrong() {
    return List.copyOf(wrong);
  }

  int lostAnswers() {
    return lostAnswers.get();
  }

  /** Calls that got no answer and were tried again. */
  int failures() {
    return failures.get();
  }
}
