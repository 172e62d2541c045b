/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import dev.cracadapters.criu.testing.fault.FaultLoader;
import dev.cracadapters.criu.testing.fault.FaultSteps;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("soak")
@Tag("essential")
@Timeout(300)
@DisplayName("Whatever is thrown at whichever step of a server's way down and up")
class FailureAtEveryStepTest {

  private static final class Hello extends Handler.Abstract {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      Content.Sink.write(response, true, "hello", callback);
      return true;
    }
  }

  private static String get(int port, String when) {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(20_000);
      socket.connect(new InetSocketAddress("127.0.0.1", port), 20_000);
      socket
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(when, e);
    }
  }

  @Test
  @DisplayName("each connector answers afterwards")
  void answers() throws Exception {
    Server server = new Server(new QueuedThreadPool(50));
    ServerConnector accepting = new ServerConnector(server, 1, 1);
    ServerConnector selecting = new ServerConnector(server, 0, 1);
    server.addConnector(accepting);
    server.addConnector(selecting);
    server.setHandler(new Hello());
    server.start();
    PhasedResource resource =
        (PhasedResource)
            new FaultLoader("dev.cracadapters.jetty")
                .loadClass("dev.cracadapters.jetty.JettyResource")
                .getMethod("of", Server.class)
                .invoke(null, server);
    Registration registration = CheckpointCoordinator.global().register(resource);
    try {
      int first = accepting.getLocalPort();
      int second = selecting.getLocalPort();
      int steps =
          FaultSteps.each(
              when -> {
                assertThat(get(first, when)).as(when).endsWith("hello");
                assertThat(get(second, when)).as(when).endsWith("hello");
              });
      assertThat(steps).isGreaterThan(50);
    } finally {
      registration.close();
      server.stop();
    }
  }
}
