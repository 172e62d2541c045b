/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The benchmark of what was restored a while ago")
class LaterTest {

  @Test
  @DisplayName("takes each pause from the JVM's log, and nothing that is concurrent")
  void pauses() {
    assertThat(
            Watched.pauses(
                List.of(
                    "[12.345s] GC(5) Pause Young (Normal) (G1 Evacuation Pause) 45M->20M(100M) 3.123ms",
                    "[12.400s][info][gc] GC(6) Concurrent Mark Cycle 30.000ms",
                    "[12.420s][info][gc] GC(6) Pause Remark 40M->40M(100M) 1.500ms")))
        .containsExactly(3.123, 1.5);
  }

  @Test
  @DisplayName("takes the faults from the kernel's line, whatever the command is called")
  void faults() {
    assertThat(Watched.faults("17 (a) b) S 1 17 17 0 -1 4194560 5100 20 7 1 30 40 0 0"))
        .containsExactly(5100, 7);
  }

  @Test
  @DisplayName("gives each process as many turns as the time is for, and compares some of them")
  void rounds() {
    LaterOptions hour = LaterOptions.of("--long");
    assertThat(hour.rounds(3)).isEqualTo(60);
    assertThat(hour.settlingRounds(3)).isEqualTo(10);
    LaterOptions least = LaterOptions.of("--minutes", "0.01");
    assertThat(least.rounds(3)).isEqualTo(2);
    assertThat(least.settlingRounds(3)).isEqualTo(1);
    assertThatThrownBy(() -> LaterOptions.of("--wrong", "1")).hasMessageStartingWith("Usage:");
  }

  @Test
  @DisplayName("reads an answer to its end, by its length and by its chunks")
  void answers() throws Exception {
    String all =
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
            + "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n"
            + "HTTP/1.1 503 Unavailable\r\n\r\n";
    InputStream input = new ByteArrayInputStream(all.getBytes(StandardCharsets.US_ASCII));
    ClosedLoop.readAnswer(input);
    ClosedLoop.readAnswer(input);
    assertThatThrownBy(() -> ClosedLoop.readAnswer(input))
        .isInstanceOf(IOException.class)
        .hasMessage("The answer is HTTP/1.1 503 Unavailable");
  }

  @Test
  @DisplayName("counts each request that was answered, over connections that stay")
  void loop() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    AtomicInteger served = new AtomicInteger();
    server.createContext(
        "/",
        exchange -> {
          served.incrementAndGet();
          exchange.sendResponseHeaders(200, 2);
          exchange.getResponseBody().write(new byte[] {'o', 'k'});
          exchange.close();
        });
    server.start();
    try {
      URI address = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
      double[] millis = ClosedLoop.run(address, 2, Duration.ofMillis(100));
      assertThat(millis).hasSize(served.get()).isSorted();
    } finally {
      server.stop(0);
    }
  }
}
