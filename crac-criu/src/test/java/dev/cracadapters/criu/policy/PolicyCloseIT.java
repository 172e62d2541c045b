/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import static dev.cracadapters.criu.policy.OpenServices.ask;
import static dev.cracadapters.criu.policy.OpenServices.open;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@RequiresCriu
@Tag("soak")
@DisplayName("A policy")
class PolicyCloseIT {

  @TempDir Path temp;
  private Path folder;
  private OpenServices services;

  @BeforeEach
  void realFolder() throws Exception {
    folder = temp.toRealPath();
    services = new OpenServices(folder);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @ParameterizedTest
  @CsvSource({
    "FileInputStream, IOException: Stream Closed, lenient",
    "FileInputStream, IOException: Stream Closed, strict",
    "RandomAccessFile, IOException: Stream Closed, strict",
    "FileChannel, ClosedChannelException: null, lenient",
    "newInputStream, ClosedChannelException: null, strict",
  })
  @DisplayName("closes a file: its stream is a closed one, in the restored process")
  void file(String kind, String answer, String audit) throws Exception {
    Path file = Files.writeString(folder.resolve("data"), "0123456789");
    services.policies("type: file\npath: **/data\naction: CLOSE\n");
    try (RunningProcess service = services.start("original", "-Dcrac.audit=" + audit)) {
      open(service, kind, "file", file);
      ask(service, "read", "file", "1");
      OpenServices.checkpoint(service);
    }
    Files.delete(file); // which nobody needs any more
    try (RunningProcess service = services.restored("restored")) {
      assertThat(ask(service, "read", "file", "1")).isEqualTo(answer);
      OpenServices.end(service);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ServerSocket", "ServerSocketChannel", "DatagramSocket"})
  @DisplayName("closes a socket, so that the address is free")
  void socket(String kind) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    services.policies("type: socket\nlocalPort: " + port + "\naction: close\n");
    try (RunningProcess service = services.start("original", "-Dcrac.audit=strict")) {
      open(service, kind, "socket", port);
      OpenServices.checkpoint(service);
    }
    try (RunningProcess service = services.restored("restored")) {
      open(service, kind, "again", port);
      OpenServices.end(service);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"close", "ignore"})
  @DisplayName("closes a pipe, or leaves it to CRIU with what is in it")
  void pipe(String action) throws Exception {
    services.policies("type: pipe\naction: " + action + "\n");
    try (RunningProcess service = services.start("original", "-Dcrac.audit=strict")) {
      open(service, "pipe", "pipe", "-");
      assertThat(ask(service, "write", "pipe-sink", "inside")).isEqualTo("done");
      OpenServices.checkpoint(service);
    }
    try (RunningProcess service = services.restored("restored")) {
      assertThat(ask(service, "read", "pipe", "6"))
          .isEqualTo(action.equals("close") ? "the end" : "inside");
      if (action.equals("close")) {
        assertThat(ask(service, "write", "pipe-sink", "more")).contains("Exception");
      }
      OpenServices.end(service);
    }
  }

  @Test
  @DisplayName("that leaves a pipe to another process to CRIU is refused with words")
  void pipeToAChild() throws Exception {
    services.policies("type: pipe\naction: ignore\n");
    try (RunningProcess service = services.start("original")) {
      open(service, "child", "child", "-");
      assertThat(OpenServices.refusal(service))
          .contains(
              "a policy leaves it to CRIU, which cannot restore a pipe whose other end is in"
                  + " another process");
      ask(service, "close", "child", "-");
      OpenServices.end(service);
    }
  }

  @Test
  @DisplayName(
      "of the action error refuses what the audit would let pass, by the first rule that matches")
  @Tag("essential")
  void error() throws Exception {
    Path file = Files.writeString(folder.resolve("data"), "0123456789");
    services.policies(
        """
        # first match wins
        type: file
        path: %s/data
        action: error
        ---

        ---
        type: file
        action: close
        """
            .formatted(folder));
    try (RunningProcess service = services.start("original")) {
      open(service, "FileInputStream", "file", file);
      assertThat(OpenServices.refusal(service))
          .contains(file + ": a policy refuses it (" + services.policiesFile() + ", lines 2-4)");
      assertThat(ask(service, "read", "file", "3")).as("nothing was closed").isEqualTo("012");
      OpenServices.end(service);
    }
  }

  @Test
  @DisplayName("for a descriptor by its description lets it pass in strict mode")
  void raw() throws Exception {
    services.policies("type: filedescriptor\nregex: " + folder + "\naction: ignore\nwarn: false\n");
    try (RunningProcess service = services.start("original", "-Dcrac.audit=strict")) {
      open(service, "directory", "directory", folder);
      OpenServices.checkpoint(service);
    }
    try (RunningProcess service = services.restored("restored")) {
      OpenServices.end(service);
    }
  }

  @Test
  @DisplayName("that is wrong refuses a checkpoint before anything is stopped, with the line")
  void wrong() throws Exception {
    services.policies("type: file\naction: close\n---\ntype: file\naction: shut\n");
    try (RunningProcess service = services.start("original")) {
      assertThat(OpenServices.refusal(service))
          .contains(
              "policies "
                  + services.policiesFile()
                  + ": line 5: there is no action \"shut\" (there are: error, ignore, close,"
                  + " reopen)");
      OpenServices.end(service);
    }
  }
}
