/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static dev.cracadapters.core.CoordinatorSettings.AuditMode.LENIENT;
import static dev.cracadapters.core.CoordinatorSettings.AuditMode.STRICT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The audit of files")
class FileAuditTest {

  @TempDir Path temp;

  private Path folder;

  @BeforeEach
  void realFolder() throws IOException {
    folder = temp.toRealPath();
  }

  @ParameterizedTest
  @ValueSource(strings = {"app.log", "name with blanks", "100%"})
  @DisplayName("refuses a file that is open for writing, by its path, in both modes")
  void writing(String name) throws IOException {
    String file = folder.resolve(name).toString();
    try (OutputStream open = Files.newOutputStream(Path.of(file))) {
      open.write(1);

      assertThat(Audited.target(file))
          .extracting(Descriptor::kind, Descriptor::writable)
          .containsExactly(Descriptor.Kind.FILE, true);
      for (var mode : List.of(LENIENT, STRICT)) {
        assertThat(Audited.refusal(mode, file))
            .hasValueSatisfying(
                message -> assertThat(message).contains(file + ": it is open for writing"));
      }
    }
  }

  @Test
  @DisplayName("takes a file that is open for reading and writing for one that is written")
  void readingAndWriting() throws IOException {
    Path file = folder.resolve("data");
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.write(1);

      assertThat(Audited.refusal(LENIENT, file.toString()))
          .hasValueSatisfying(message -> assertThat(message).contains("open for writing"));
    }
  }

  @Test
  @DisplayName("lets a file pass that is only read, and refuses it in strict mode")
  void reading() throws IOException {
    Path file = Files.writeString(folder.resolve("data"), "x");
    try (InputStream open = Files.newInputStream(file)) {
      assertThat(open.read()).isEqualTo('x');

      assertThat(Audited.refusal(LENIENT, file.toString())).isEmpty();
      assertThat(Audited.verdict(LENIENT, Audited.target(file.toString()))).hasValue("let pass");
      assertThat(Audited.refusal(STRICT, file.toString()))
          .hasValueSatisfying(
              message ->
                  assertThat(message)
                      .contains("a CRaC JDK refuses an open file that is not on the class path"));
    }
  }

  @Test
  @DisplayName("refuses a file that was deleted, also where it is only read")
  void deleted() throws IOException {
    Path file = Files.writeString(folder.resolve("gone"), "x");
    try (InputStream open = Files.newInputStream(file)) {
      Files.delete(file);
      assertThat(open.read()).isEqualTo('x');

      assertThat(Audited.refusal(LENIENT, file + " (deleted)"))
          .hasValueSatisfying(message -> assertThat(message).contains("it has been deleted"));
    }
  }

  @Test
  @DisplayName("lets a directory pass, and refuses it in strict mode")
  void directory() throws IOException {
    Files.createFile(folder.resolve("entry"));
    try (DirectoryStream<Path> open = Files.newDirectoryStream(folder)) {
      assertThat(open.iterator()).hasNext();

      List<Descriptor> found =
          OpenDescriptors.read().stream()
              .filter(descriptor -> descriptor.target().equals(folder.toString()))
              .toList();
      assertThat(found).isNotEmpty();
      for (Descriptor descriptor : found) {
        assertThat(descriptor.kind()).isEqualTo(Descriptor.Kind.DIRECTORY);
        assertThat(Audited.verdict(LENIENT, descriptor)).hasValue("let pass");
        assertThat(Audited.refusal(STRICT, descriptor)).isPresent();
      }
    }
  }

  @Test
  @DisplayName("refuses a device in strict mode, except those that the JVM opens itself")
  void device() throws IOException {
    Set<Integer> before =
        OpenDescriptors.read().stream().map(Descriptor::number).collect(Collectors.toSet());
    try (InputStream zero = new FileInputStream("/dev/zero");
        InputStream random = new FileInputStream("/dev/urandom")) {
      assertThat(zero.read()).isZero();
      assertThat(random.read()).isNotEqualTo(-1);

      assertThat(Audited.refusal(LENIENT, "/dev/zero")).isEmpty();
      assertThat(Audited.refusal(STRICT, "/dev/zero")).isPresent();
      Descriptor opened =
          Audited.descriptor(
              descriptor ->
                  descriptor.target().equals("/dev/urandom")
                      && !before.contains(descriptor.number()));
      assertThat(Audited.verdict(STRICT, opened)).isEmpty();
    }
  }

  @Test
  @DisplayName("takes the JDK's own files for the JVM's in strict mode")
  void jdk() throws IOException {
    Path file = Path.of(System.getProperty("java.home")).toRealPath().resolve("release");
    try (InputStream open = Files.newInputStream(file)) {
      assertThat(open.read()).isPositive();

      assertThat(Audited.verdict(STRICT, Audited.target(file.toRealPath().toString()))).isEmpty();
    }
  }

  @Test
  @DisplayName("sees the JDK's module file open, and takes it for the JVM's")
  void modules() throws IOException {
    Descriptor modules =
        Audited.descriptor(descriptor -> descriptor.target().endsWith("/lib/modules"));

    assertThat(Audited.verdict(STRICT, modules)).isEmpty();
  }

  @Test
  @DisplayName("takes standard streams for the JVM's, whatever they are")
  void standardStreams() throws IOException {
    assertThat(OpenDescriptors.read()).extracting(Descriptor::number).contains(0, 1, 2);
    assertThat(Audited.audit(STRICT).run().open()).noneMatch(open -> open.number() <= 2);
  }

  @Test
  @DisplayName("counts what is open: all of a process's descriptors are there, with their numbers")
  void all() throws IOException {
    Path file = folder.resolve("data");
    try (OutputStream first = Files.newOutputStream(file);
        OutputStream second = Files.newOutputStream(file)) {
      first.write(1);
      second.write(2);

      assertThat(OpenDescriptors.read())
          .filteredOn(descriptor -> descriptor.target().equals(file.toString()))
          .hasSize(2)
          .doesNotHaveDuplicates();
      assertThat(Audited.audit(LENIENT).run().refusals()).hasSize(2);
    }
    assertThat(OpenDescriptors.read())
        .noneMatch(descriptor -> descriptor.target().equals(file.toString()));
  }

  @Test
  @DisplayName("is not troubled by files that are opened and closed meanwhile")
  void comeAndGo() throws Exception {
    Path file = Files.writeString(folder.resolve("data"), "x");
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<Integer> others =
        CompletableFuture.supplyAsync(
            () -> {
              int opened = 0;
              while (!stop.get()) {
                try (InputStream open = Files.newInputStream(file);
                    InputStream again = Files.newInputStream(file)) {
                  opened += open.read() == again.read() ? 2 : 0;
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              }
              return opened;
            });
    try {
      Deadline deadline = Deadline.after(Duration.ofMillis(600));
      while (!deadline.hasPassed()) {
        assertThat(OpenDescriptors.read())
            .isNotEmpty()
            .filteredOn(descriptor -> descriptor.target().equals(file.toString()))
            .extracting(Descriptor::kind)
            .allMatch(Descriptor.Kind.FILE::equals);
      }
    } finally {
      stop.set(true);
    }

    assertThat(others.get(20, TimeUnit.SECONDS)).isPositive();
  }
}
