/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A process with a server, whose walk up stops before the server's turn until it is told to go on.
 * Commands, one a line: {@code checkpoint}, {@code go}, {@code exit}.
 */
public final class HeldServer {

  private HeldServer() {}

  /**
   * Says where the server listens, and does as it is told, until the process ends.
   *
   * @param server the adapter's resource
   * @param port where it listens
   * @throws IOException if standard input cannot be read
   */
  public static void run(PhasedResource server, int port) throws IOException {
    CountDownLatch go = new CountDownLatch(1);
    CheckpointCoordinator.global()
        .register(
            new Below(
                () -> {
                  say("coming up");
                  go.await();
                }));
    CheckpointCoordinator.global().register(server);
    say("port " + port);
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      switch (line) {
        case "checkpoint" -> new Thread(HeldServer::checkpoint, "checkpoint").start();
        case "go" -> go.countDown();
        default -> Runtime.getRuntime().halt(0);
      }
    }
  }

  private static void checkpoint() {
    try {
      say("restored " + CheckpointCoordinator.global().checkpoint().failures());
    } catch (Exception e) {
      say("refused " + List.of(e.getSuppressed()));
    }
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
