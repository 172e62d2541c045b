/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A checkpoint that runs while the test goes on. */
final class Checkpoints {

  private Checkpoints() {}

  static CompletableFuture<Void> before(JettyResource resource) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread walk =
        new Thread(
            () -> {
              try {
                resource.beforeCheckpoint(null);
                done.complete(null);
              } catch (Throwable e) {
                done.completeExceptionally(new ExecutionException(e));
              }
            });
    walk.setDaemon(true);
    walk.start();
    return done;
  }

  static void awaitRefusing(int port) {
    await()
        .atMost(Duration.ofSeconds(5))
        .pollInterval(Duration.ofMillis(1))
        .until(() -> !Descriptors.tcp(port).contains("0A"));
  }
}
