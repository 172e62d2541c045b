/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedWriter;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.FileWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("The descriptors that an object holds")
class HeldDescriptorsTest {

  @TempDir Path folder;
  private Path file;
  private HeldDescriptors held;

  @BeforeEach
  void nameTheFile() throws Exception {
    file = folder.toRealPath().resolve("app.log");
    held = HeldDescriptors.ofThisProcess();
  }

  interface Opener {
    Closeable open(Path file) throws IOException;
  }

  static Stream<Opener> openers() {
    return Stream.of(
        file -> new FileOutputStream(file.toFile(), true),
        file -> new RandomAccessFile(file.toFile(), "rw"),
        file -> FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE),
        Files::newOutputStream,
        file -> new GZIPOutputStream(new FileOutputStream(file.toFile())),
        file -> new PrintWriter(new BufferedWriter(new FileWriter(file.toFile()))));
  }

  @ParameterizedTest
  @MethodSource("openers")
  @DisplayName("are found in streams, writers, channels and files, and what wraps them")
  void found(Opener opener) throws IOException {
    try (Closeable open = opener.open(file)) {
      Set<Integer> expected = Set.of(descriptorOf(file));
      assertThat(held.of(open, object -> false)).isEqualTo(expected);
      Map<String, AtomicReference<Object>> owner =
          new ConcurrentHashMap<>(Map.of("key", new AtomicReference<>(open)));
      assertThat(held.of(owner, object -> false)).isEqualTo(expected);
      Supplier<Object> lambda = () -> open;
      assertThat(held.of(new Object[] {lambda}, object -> false)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("openers")
  @DisplayName("are none once it is closed")
  void closed(Opener opener) throws IOException {
    Closeable open = opener.open(file);
    open.close();
    assertThat(held.of(open, object -> false)).isEmpty();
  }

  @Test
  @DisplayName("are that of a connection for a socket's stream")
  void socket() throws IOException {
    try (ServerSocket server = new ServerSocket(0);
        Socket socket = new Socket(server.getInetAddress(), server.getLocalPort())) {
      assertThat(held.of(socket.getOutputStream(), object -> false))
          .singleElement()
          .satisfies(
              number ->
                  assertThat(Audited.descriptor(descriptor -> descriptor.number() == number).kind())
                      .isEqualTo(Descriptor.Kind.TCP_CONNECTION));
    }
  }

  @Test
  @DisplayName("are none for memory, and the standard stream's for one over it")
  void withoutAFile() {
    assertThat(held.of(new ByteArrayOutputStream(), object -> false)).isEmpty();
    assertThat(
            held.of(
                new PrintStream(new FileOutputStream(java.io.FileDescriptor.out)), object -> false))
        .containsExactly(1);
  }

  @Test
  @DisplayName("do not count where they belong to somebody else")
  void border() throws IOException {
    try (FileOutputStream open = new FileOutputStream(file.toFile())) {
      assertThat(held.of(new Object[] {open}, object -> object == open)).isEmpty();
    }
  }

  @Test
  @DisplayName("are looked for in objects that refer to each other without an end")
  void cycle() {
    Object[] one = new Object[1];
    one[0] = new Object[] {one};
    assertThat(held.of(one, object -> false)).isEmpty();
  }

  private static int descriptorOf(Path file) throws IOException {
    return Audited.descriptor(descriptor -> descriptor.target().equals(file.toString())).number();
  }
}
