/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/** Requests as clients make them. */
final class Requests {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Requests() {}

  /** Calls one after the other from so many clients. */
  static void warmUp(URI address, int clients, int each)
      throws InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int client = 0; client < clients; client++) {
        all.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < each; i++) {
                    check(CLIENT.send(get(address), BodyHandlers.ofString()), address);
                  }
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  /**
   * Milliseconds of each of so many requests, sorted. They are sent at their times whether or not
   * the earlier ones were answered, and each counts from the time at which it was to be sent.
   */
  static double[] atSteadyRate(URI address, int requests, int perSecond) throws IOException {
    long begin = System.nanoTime();
    double[] millis = new double[requests];
    List<CompletableFuture<Void>> all =
        IntStream.range(0, requests)
            .mapToObj(
                i -> {
                  long due = begin + i * 1_000_000_000L / perSecond;
                  for (long left = due - System.nanoTime();
                      left > 0;
                      left = due - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                  }
                  return CLIENT
                      .sendAsync(get(address), BodyHandlers.ofString())
                      .thenAccept(
                          response -> {
                            millis[i] = (System.nanoTime() - due) / 1e6;
                            check(response, address);
                          });
                })
            .toList();
    try {
      all.forEach(CompletableFuture::join);
    } catch (RuntimeException e) {
      throw new IOException("Not every request was answered", e);
    }
    Arrays.sort(millis);
    return millis;
  }

  /** Asks for a checkpoint that ends the process. */
  static void checkpoint(URI address) throws IOException, InterruptedException {
    HttpRequest post =
        HttpRequest.newBuilder(address)
            .timeout(LIMIT)
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    HttpResponse<String> response = CLIENT.send(post, BodyHandlers.ofString());
    if (response.statusCode() != 202) {
      throw new IOException(address + " answered " + response.statusCode() + response.body());
    }
  }

  private static HttpRequest get(URI address) {
    return HttpRequest.newBuilder(address).timeout(LIMIT).build();
  }

  private static void check(HttpResponse<String> response, URI address) {
    if (response.statusCode() != 200) {
      throw new IllegalStateException(address + " answered " + response.statusCode());
    }
  }
}
