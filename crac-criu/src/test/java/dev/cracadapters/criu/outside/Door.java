/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.outside;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.RunningProcess;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * An {@link OutsideService}, as seen from outside.
 *
 * @param folder where its socket, its ready file and its go file are, seen from here
 */
record Door(Path folder) {

  /** What is expected of a service that was brought to 41 and taken down and up once. */
  static final String ONCE_MORE = onceMore();

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Pattern PID = Pattern.compile("(?m)^pid=(\\d+)$");

  private static String onceMore() {
    byte[] data = new byte[4 << 20];
    new Random(17).nextBytes(data);
    return "counter=41 data=%08x calls=[down, up] outcome=RESTORED"
        .formatted(Arrays.hashCode(data));
  }

  /** Waits until it is open, then asks. */
  String ask(String question) throws Exception {
    return ask(question, () -> "");
  }

  /**
   * Waits until it is open, then asks.
   *
   * @param circumstances what to add where it stays closed
   */
  String ask(String question, Supplier<String> circumstances) throws Exception {
    String[] answer = new String[1];
    Deadline.after(LIMIT)
        .await(
            () -> {
              try {
                answer[0] = call(question);
                return true;
              } catch (IOException e) {
                return false; // there is no socket yet, or nobody listens
              }
            });
    assertThat(answer[0])
        .as(() -> "answer to " + question + " in " + folder + circumstances.get())
        .isNotNull();
    return answer[0];
  }

  private String call(String question) throws IOException {
    try (SocketChannel channel =
        SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("door")))) {
      channel.write(ByteBuffer.wrap(question.getBytes(StandardCharsets.UTF_8)));
      channel.shutdownOutput();
      ByteBuffer answer = ByteBuffer.allocate(4096);
      while (channel.read(answer) >= 0) {
        continue;
      }
      return new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
    }
  }

  /** Asks for a checkpoint, and waits until a snapshot can be taken. */
  void bringDown() throws Exception {
    assertThat(ask("add 41")).isEqualTo("sum=41");
    assertThat(ask("checkpoint")).isEqualTo("asked");
    Path ready = folder.resolve("ready");
    boolean down = Deadline.after(LIMIT).await(() -> Files.exists(ready));
    assertThat(down).as("ready file; the service says " + (down ? "" : ask("state"))).isTrue();
  }

  /** The PID that it has, as it sees itself. */
  long pid() throws IOException {
    var line = PID.matcher(Files.readString(folder.resolve("ready")));
    assertThat(line.find()).isTrue();
    return Long.parseLong(line.group(1));
  }

  /** Tells it to go on. */
  void go(String... lines) throws IOException {
    Path whole = Files.write(folder.resolve("go.new"), List.of(lines));
    Files.move(whole, folder.resolve("go"), StandardCopyOption.ATOMIC_MOVE);
  }

  boolean isReady() {
    return Files.exists(folder.resolve("ready"));
  }

  /** Runs a command to its end. */
  static void run(Path outputs, String name, List<String> command) throws Exception {
    try (RunningProcess process = RunningProcess.start(command, Map.of(), outputs, name)) {
      assertThat(process.awaitExit()).as(command + process.told()).isZero();
    }
  }
}
