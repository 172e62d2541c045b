/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients that never stop asking, and checkpoint after checkpoint under them. */
@DisplayName("A connection at a checkpoint")
class ChannelDrainLoadTest {

  @ParameterizedTest
  @MethodSource("dev.cracadapters.netty.Transport#all")
  @DisplayName("gets the answer to every request that was processed, over many cycles under load")
  void manyCyclesUnderClients(Transport transport) throws Exception {
    int cycles = 12;
    int clients = 4;
    Map<String, AtomicInteger> processed = new ConcurrentHashMap<>();
    LineServer.Answer counting =
        (ctx, line) -> {
          processed.computeIfAbsent(line, key -> new AtomicInteger()).incrementAndGet();
          LineServer.ECHO.to(ctx, line);
        };
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try (LineServer server = new LineServer(transport, counting)) {
      int port = LineServer.portOf(server.bind(0));
      NettyResource resource =
          NettyResource.of(
              server.bootstrap, new NettySettings(Duration.ofSeconds(10), Duration.ofMillis(20)));
      AtomicBoolean stop = new AtomicBoolean();
      List<Future<Traffic>> running = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        String name = "client-" + i;
        running.add(threads.submit(() -> Traffic.run(port, name, stop)));
      }
      for (int cycle = 0; cycle < cycles; cycle++) {
        int before = processed.size();
        assertThat(
                Deadline.after(Duration.ofSeconds(10)).await(() -> processed.size() > before + 50))
            .isTrue();
        resource.beforeCheckpoint(null);
        int atCheckpoint = processed.size();
        assertThat(processed).hasSize(atCheckpoint);
        resource.afterRestore(null);
      }
      stop.set(true);
      int answered = 0;
      int ended = 0;
      int resets = 0;
      for (Future<Traffic> one : running) {
        Traffic traffic = one.get(10, TimeUnit.SECONDS);
        answered += traffic.answered;
        ended += traffic.ended;
        resets += traffic.resets;
        assertThat(traffic.wrong).isEmpty();
      }
      assertThat(processed.values()).allMatch(times -> times.get() == 1);
      assertThat(answered).isEqualTo(processed.size());
      assertThat(resets).isZero();
      assertThat(ended).isGreaterThanOrEqualTo(cycles);
    } finally {
      threads.shutdownNow();
    }
  }

  /** A client that asks one question after the other, and connects anew when it is cut off. */
  private static final class Traffic {

    private int answered;
    private int ended;
    private int resets;
    private final List<String> wrong = new ArrayList<>();

    static Traffic run(int port, String name, AtomicBoolean stop) {
      Traffic traffic = new Traffic();
      int number = 0;
      while (!stop.get()) {
        boolean accepted = false;
        try (LineClient client = new LineClient(port)) {
          while (!stop.get()) {
            String line = name + " " + number++;
            String answer = client.ask(line);
            if (answer == null) {
              traffic.ended++;
              break;
            }
            accepted = true;
            traffic.answered++;
            if (!answer.equals("echo " + line)) {
              traffic.wrong.add(answer);
            }
          }
        } catch (IOException e) {
          // Refused while the server is stopped, or reset in the backlog of the closed listener.
          // A connection that the server has accepted must end with a FIN.
          if (accepted) {
            traffic.resets++;
          }
        }
      }
      return traffic;
    }
  }
}
