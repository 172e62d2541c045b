/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static dev.cracadapters.core.CoordinatorSettings.AuditMode.LENIENT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The remedy that the audit proposes")
class RemedyTest {

  @TempDir Path folder;

  private String refusalOfOpenFile(DescriptorOwner... owners) throws IOException {
    Path file = folder.toRealPath().resolve("app.log");
    try (OutputStream open = Files.newOutputStream(file)) {
      open.write(1);
      return Audited.refusal(LENIENT, file.toString(), owners).orElseThrow();
    }
  }

  @Test
  @DisplayName("is the adapter of a library that is there without it: Logback writes files")
  void guess() throws IOException {
    assertThat(refusalOfOpenFile()).endsWith("add crac-logback if it is Logback's");
  }

  @Test
  @DisplayName("is general where no library is there that opens such descriptors")
  void noGuess() throws IOException {
    try (ServerSocket server = new ServerSocket(0)) {
      Descriptor listener =
          Audited.descriptor(
              descriptor ->
                  descriptor.kind() == Descriptor.Kind.TCP_LISTENER
                      && descriptor.local() != null
                      && descriptor.local().getPort() == server.getLocalPort());

      assertThat(Audited.refusal(LENIENT, listener).orElseThrow())
          .endsWith(
              ". close it in an org.crac.Resource, or in the stop method of a Lifecycle bean");
    }
  }

  @Test
  @DisplayName("is what an owner says before it is a guess, and the first owner is heard first")
  void owners() throws IOException {
    assertThat(
            refusalOfOpenFile(
                descriptor -> Optional.empty(),
                descriptor -> Optional.of("close the audit trail"),
                descriptor -> Optional.of("close the other")))
        .endsWith(". close the audit trail");
  }

  @Test
  @DisplayName("is only asked for where a descriptor is refused, with all that is known of it")
  void askedForRefused() throws IOException {
    List<Descriptor> asked = new ArrayList<>();
    Path read = Files.writeString(folder.toRealPath().resolve("read"), "x");
    try (var open = Files.newInputStream(read)) {
      assertThat(open.read()).isEqualTo('x');

      refusalOfOpenFile(
          descriptor -> {
            asked.add(descriptor);
            return Optional.empty();
          });
    }

    assertThat(asked).extracting(Descriptor::target).doesNotContain(read.toString());
    assertThat(asked)
        .filteredOn(descriptor -> descriptor.target().endsWith("/app.log"))
        .singleElement()
        .satisfies(descriptor -> assertThat(descriptor.writable()).isTrue());
  }

  @Test
  @DisplayName("is guessed for files alone where only Logback is there")
  void guessByKind() {
    Descriptor connection =
        new Descriptor(9, Descriptor.Kind.TCP_CONNECTION, "socket", true, null, null, List.of());

    assertThat(new UnadaptedLibraries().remedy(connection)).isEmpty();
  }
}
