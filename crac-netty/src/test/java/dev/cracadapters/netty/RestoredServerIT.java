/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresCriu
@DisplayName("A process with a Netty server that was restored by CRIU")
class RestoredServerIT {

  @TempDir Path folder;

  @Test
  @DisplayName("lets who connects while it comes up wait, and then answers")
  void whoConnectsWaits() throws Exception {
    Image image = new Image(folder.resolve("image"));
    int port = taken(image);
    assertThatThrownBy(() -> new LineClient(port)).isInstanceOf(ConnectException.class);

    try (RunningProcess restored = image.restore().start(folder, "restored")) {
      answersWhoConnectsEarly(restored, port);
    }
  }

  @Tag("soak")
  @Test
  @DisplayName("does so on the port that the restore asks for, and on no other")
  void onAnotherPort() throws Exception {
    Image image = new Image(folder.resolve("image"));
    int before = taken(image);
    int after = freePort();

    try (RunningProcess restored =
        image.restore("-Dcrac.listen." + before + "=" + after).start(folder, "restored")) {
      restored.awaitLine("coming up");
      assertThatThrownBy(() -> new LineClient(before)).isInstanceOf(ConnectException.class);
      answersWhoConnectsEarly(restored, after);
    }
  }

  private static void answersWhoConnectsEarly(RunningProcess restored, int port) throws Exception {
    restored.awaitLine("coming up");
    try (LineClient early = new LineClient(port)) {
      early.send("early");
      assertThat(ask(restored, "go", "restored ")).isEqualTo("restored []");
      assertThat(early.read()).isEqualTo("echo early");
    }
    restored.send("exit");
    assertThat(restored.awaitExit()).as(restored.told()).isZero();
  }

  /** Takes the checkpoint of a server; where it listened. */
  private int taken(Image image) throws Exception {
    try (RunningProcess original =
        JvmCommand.ofMainClass(RestoredServer.class.getName())
            .without("logback", "bcprov")
            .options("-Xmx256m", "-Dcrac.rehearse=off") // it waits at each walk up
            .image(image.folder())
            .start(folder, "original")) {
      int port = Integer.parseInt(original.awaitLine("port ").substring("port ".length()).strip());
      checkpoint(original);
      return port;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
