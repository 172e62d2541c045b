/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointReport.OpenDescriptor;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.audit.DescriptorOwner;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A checkpoint with a file left open for writing")
class CheckpointAuditTest {

  @TempDir Path folder;

  private final OwnCoordinator own = new OwnCoordinator();
  private Path log;

  @BeforeEach
  void nameTheFile() throws Exception {
    log = folder.toRealPath().resolve("app.log");
    own.add("a", 1);
  }

  private List<Throwable> refusedWithOpenFile() throws Exception {
    try (OutputStream open = Files.newOutputStream(log)) {
      open.write(1);
      return own.refused();
    }
  }

  @Test
  @DisplayName("is refused with the file named, and everything is brought back")
  void refused() throws Exception {
    List<Throwable> failures = refusedWithOpenFile();

    assertThat(failures).singleElement().isInstanceOf(RefusedException.class);
    assertThat(failures.get(0)).hasMessageContaining(log.toString());
    assertThat(own.calls).containsExactly("down a", "up a");
  }

  @Test
  @DisplayName("has the descriptor and the verdict in its report")
  void report() throws Exception {
    refusedWithOpenFile();

    CheckpointReport report = own.report();
    assertThat(report.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(report.descriptors())
        .filteredOn(descriptor -> descriptor.target().equals(log.toString()))
        .singleElement()
        .extracting(OpenDescriptor::verdict)
        .asString()
        .startsWith("refused: it is open for writing");
    assertThat(report.failures()).hasSize(1);
  }

  @Test
  @DisplayName("is taken when a resource closes the file")
  void closedByAResource() throws Exception {
    OutputStream open = Files.newOutputStream(log);
    own.add("file", Phase.LOGGING).onDown(open::close);

    assertThat(own.checkpoint().outcome()).isEqualTo(Outcome.RESTORED);
  }

  @Test
  @DisplayName("tells the remedy of the owner that knows the file, until the owner is taken out")
  void owner() throws Exception {
    Registration registration =
        own.coordinator.explainDescriptorsBy(
            descriptor ->
                descriptor.target().equals(log.toString())
                    ? Optional.of("tell the audit trail to close it")
                    : Optional.empty());

    assertThat(refusedWithOpenFile().get(0))
        .hasMessageEndingWith("tell the audit trail to close it");
    registration.close();
    assertThat(refusedWithOpenFile().get(0)).message().doesNotContain("audit trail");
  }

  @Test
  @DisplayName("brings everything back also when an owner breaks")
  void brokenOwner() throws Exception {
    RuntimeException bug = new IllegalStateException("bug");
    DescriptorOwner broken =
        descriptor -> {
          throw bug;
        };
    own.coordinator.explainDescriptorsBy(broken);

    assertThat(refusedWithOpenFile()).containsExactly(bug);
    assertThat(own.calls).containsExactly("down a", "up a");
  }

  @Test
  @DisplayName("is not audited when a resource has failed: what it left open is no news")
  void noAuditAfterAFailure() throws Exception {
    RefusedException busy = new RefusedException("b", "it is busy", "wait");
    own.add("b", 2)
        .onDown(
            () -> {
              throw busy;
            });

    assertThat(refusedWithOpenFile()).containsExactly(busy);
    assertThat(own.report().descriptors()).isEmpty();
  }
}
