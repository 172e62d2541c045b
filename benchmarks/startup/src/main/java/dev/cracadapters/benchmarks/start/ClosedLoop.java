/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.DoubleStream;

/**
 * Clients that each send the next request when the last one was answered, over a connection that
 * stays. By hand, as they share the cores with what they measure.
 */
final class ClosedLoop {

  private static final int READ_MILLIS = 60_000;

  private final URI address;
  private final long begin = System.nanoTime();
  private final long end;

  private ClosedLoop(URI address, Duration duration) {
    this.address = address;
    this.end = begin + duration.toNanos();
  }

  /** What so many clients got: the milliseconds of each request, sorted. */
  static double[] run(URI address, int clients, Duration duration) throws Exception {
    ClosedLoop loop = new ClosedLoop(address, duration);
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      List<Future<List<Double>>> all = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        all.add(threads.submit(loop::client));
      }
      DoubleStream.Builder millis = DoubleStream.builder();
      for (Future<List<Double>> one : all) {
        one.get().forEach(millis::add);
      }
      double[] sorted = millis.build().toArray();
      Arrays.sort(sorted);
      return sorted;
    } finally {
      threads.shutdownNow();
    }
  }

  private List<Double> client() throws IOException {
    byte[] request =
        "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n"
            .formatted(address.getPath(), address.getAuthority())
            .getBytes(StandardCharsets.US_ASCII);
    List<Double> millis = new ArrayList<>();
    try (Socket socket = new Socket(address.getHost(), address.getPort())) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(READ_MILLIS);
      OutputStream output = socket.getOutputStream();
      InputStream input = new BufferedInputStream(socket.getInputStream());
      long sent = System.nanoTime();
      while (sent < end) {
        output.write(request);
        readAnswer(input);
        long answered = System.nanoTime();
        millis.add((answered - sent) / 1e6);
        sent = answered;
      }
    }
    return millis;
  }

  /** Reads a whole answer, which must be a 200. */
  static void readAnswer(InputStream input) throws IOException {
    String status = line(input);
    if (!status.startsWith("HTTP/1.1 200")) {
      throw new IOException("The answer is " + status);
    }
    long length = 0;
    boolean chunked = false;
    for (String header = line(input); !header.isEmpty(); header = line(input)) {
      String lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Long.parseLong(lower.substring(lower.indexOf(':') + 1).strip());
      }
      chunked |= lower.startsWith("transfer-encoding:") && lower.endsWith("chunked");
    }
    if (chunked) {
      do {
        length = Long.parseLong(line(input), 16);
        input.skipNBytes(length);
        line(input);
      } while (length > 0);
    } else {
      input.skipNBytes(length);
    }
  }

  private static String line(InputStream input) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = input.read(); next != '\n'; next = input.read()) {
      if (next < 0) {
        throw new EOFException("The connection ended after '" + line + "'");
      }
      line.append((char) next);
    }
    return line.toString().stripTrailing();
  }
}
