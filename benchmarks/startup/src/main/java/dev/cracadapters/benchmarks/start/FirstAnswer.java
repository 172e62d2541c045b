/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.demo.Service;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits until a service answers 200, at little cost for what starts on the same cores. */
final class FirstAnswer {

  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final int READ_MILLIS = 60_000;
  private static final long SHORTEST = 1_000_000;
  private static final long LONGEST = 20_000_000;

  private FirstAnswer() {}

  /** Milliseconds from the start of a process to its first 200. */
  static double millis(Service service, URI address) throws IOException {
    long interval = SHORTEST;
    while (!isOk(address)) {
      if (!service.isAlive()) {
        throw new IOException("The process has ended: " + service.output());
      }
      if (System.nanoTime() - service.startedNanos() > LIMIT.toNanos()) {
        throw new IOException("No answer within " + LIMIT + ": " + service.output());
      }
      LockSupport.parkNanos(interval);
      interval = Math.min(interval + interval / 100, LONGEST); // about one per cent of the time
    }
    return (System.nanoTime() - service.startedNanos()) / 1e6;
  }

  /** By hand: a refused connection costs some microseconds then. */
  private static boolean isOk(URI address) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address.getHost(), address.getPort()), READ_MILLIS);
      socket.setSoTimeout(READ_MILLIS);
      String request =
          "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
              .formatted(address.getPath(), address.getAuthority());
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      InputStream input = socket.getInputStream();
      String status = new String(input.readNBytes(12), StandardCharsets.US_ASCII);
      input.transferTo(java.io.OutputStream.nullOutputStream());
      return status.equals("HTTP/1.1 200");
    } catch (IOException e) {
      return false;
    }
  }
}
