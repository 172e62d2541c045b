/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import dev.cracadapters.criu.testing.fault.FaultLoader;
import dev.cracadapters.criu.testing.fault.FaultSteps;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import java.io.IOException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("soak")
@Timeout(300)
@DisplayName("Whatever is thrown at whichever step of a server's way down and up")
class FailureAtEveryStepTest {

  @ParameterizedTest
  @EnumSource(names = {"NIO_GROUP", "EPOLL_GROUP"})
  @DisplayName("each address answers afterwards")
  void answers(Transport transport) throws Exception {
    try (LineServer server = new LineServer(transport, LineServer.ECHO)) {
      Channel first = server.bind(0);
      Channel second = server.bind(0);
      int[] ports = {LineServer.portOf(first), LineServer.portOf(second)};
      PhasedResource resource =
          (PhasedResource)
              new FaultLoader("dev.cracadapters.netty")
                  .loadClass("dev.cracadapters.netty.NettyResource")
                  .getMethod("of", ServerBootstrap.class)
                  .invoke(null, server.bootstrap);
      Registration registration = CheckpointCoordinator.global().register(resource);
      try {
        int steps =
            FaultSteps.each(
                when -> {
                  for (int port : ports) {
                    assertThat(ask(port, when)).as(when).isEqualTo("echo a");
                  }
                });
        assertThat(steps).isGreaterThan(30);
      } finally {
        registration.close();
      }
    }
  }

  private static String ask(int port, String when) {
    try (LineClient client = new LineClient(port)) {
      return String.valueOf(client.ask("a"));
    } catch (IOException e) {
      throw new AssertionError(when, e);
    }
  }
}
