/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("Restored into a world that has changed")
class BadWorldIT {

  @TempDir Path folder;

  @Tag("essential")
  @Test
  @DisplayName("a port that is taken is named with what to do, and the rest of the service is back")
  void portTaken() throws IOException {
    try (OrdersUnderTest test = checkpointed()) {
      int port = test.setup.ports().http();
      try (ServerSocket squatter = new ServerSocket(port, 1, InetAddress.getByName("0.0.0.0"))) {
        assertThat(squatter.isBound()).isTrue();
        Service restored = test.restore("restored");

        Wait.until(
            "the message",
            OrdersUnderTest.LIMIT,
            () -> restored.output().contains("Not everything came back"));
        assertThat(restored.output()).contains(":" + port).contains("Free the address");
        assertThat(test.orders.countOverTls()).isZero();
        assertThat(test.orders.line("COUNT")).isEqualTo("0");
        restored.signal("TERM");
        assertThat(restored.exitStatus()).isEqualTo(143);
      }
      // The image is as good as before.
      Service again = test.restore("again");
      again.firstOkMillis(test.orders.http(), test.orders.countAddress());
      assertThat(test.outcome()).as(again.output()).isEqualTo("RESTORED");
    }
  }

  @Test
  @DisplayName(
      "a database that is down does not keep it from coming up; it serves once that is back")
  void databaseDown() throws IOException {
    try (OrdersUnderTest test = checkpointed()) {
      test.setup.database().close();
      Service restored = test.restore("restored");
      restored.firstOkMillis(test.orders.http(), test.orders.plain("/whoami"));
      assertThat(test.outcome()).as(restored.output()).isEqualTo("RESTORED");

      test.setup.database().startAgain();

      Wait.until(
          "service from the database",
          OrdersUnderTest.LIMIT,
          () -> test.orders.http().isOk(test.orders.countAddress()));
      assertThat(test.orders.order("back", "back").statusCode()).isEqualTo(201);
      assertThat(test.orders.count()).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("a key store that was renewed in the meantime is served")
  void keyStoreRenewed() throws IOException {
    try (OrdersUnderTest test = checkpointed()) {
      test.setup.renewKeyStore();
      HttpCalls trustsTheNewOne = test.setup.trustingKeyStore();
      Service restored = test.restore("restored");
      restored.firstOkMillis(test.orders.http(), test.orders.countAddress());

      URI address = URI.create("https://localhost:" + test.setup.ports().https() + "/whoami");
      assertThat(trustsTheNewOne.get(address).statusCode()).isEqualTo(200);
      assertThatThrownBy(test.orders::countOverTls)
          .as("a client that trusts the old certificate alone")
          .isInstanceOf(SSLHandshakeException.class);
    }
  }

  private OrdersUnderTest checkpointed() throws IOException {
    OrdersUnderTest test =
        OrdersUnderTest.start(folder, "-Dcrac.criu=" + WorkingCriu.here().path());
    test.checkpointToEnd();
    return test;
  }
}
