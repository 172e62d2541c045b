/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.audit.Descriptor;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.crac.CheckpointException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A resource that has a say in the audit")
class AuditedResourceTest {

  @TempDir Path folder;

  private final OwnCoordinator own = new OwnCoordinator();
  private Path file;

  @BeforeEach
  void nameTheFile() throws Exception {
    file = folder.toRealPath().resolve("app.log");
  }

  private interface LastWork {
    void run() throws CheckpointException, InterruptedException;
  }

  private final class Audited extends TestResource implements AuditedResource {

    private final LastWork beforeAudit;

    Audited(LastWork beforeAudit) {
      super("audited", 7, own.calls);
      this.beforeAudit = beforeAudit;
    }

    @Override
    public void beforeAudit() throws CheckpointException, InterruptedException {
      own.calls.add("audit");
      beforeAudit.run();
    }

    @Override
    public Optional<String> remedy(Descriptor descriptor) {
      return descriptor.target().equals(file.toString())
          ? Optional.of("held by the audited one: close it")
          : Optional.empty();
    }
  }

  @Test
  @DisplayName("is called when all others are down, and can close what was opened since")
  void lastMoment() throws Exception {
    OutputStream[] opened = new OutputStream[1];
    own.coordinator.register(
        new Audited(
            () -> {
              try {
                opened[0].close();
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            }));
    own.add("late", 1).onDown(() -> opened[0] = Files.newOutputStream(file));

    assertThat(own.checkpoint().outcome()).isEqualTo(Outcome.RESTORED);
    assertThat(own.calls)
        .containsExactly("down audited", "down late", "audit", "up late", "up audited");
  }

  @Test
  @DisplayName("says whose a descriptor is before those who were asked to explain descriptors")
  void knows() throws Exception {
    own.coordinator.explainDescriptorsBy(descriptor -> Optional.of("something general"));
    own.coordinator.register(new Audited(() -> {}));

    List<Throwable> failures;
    try (OutputStream open = Files.newOutputStream(file)) {
      open.write(1);
      failures = own.refused();
    }
    assertThat(failures)
        .singleElement()
        .satisfies(
            failure ->
                assertThat(failure)
                    .hasMessageContaining(file.toString())
                    .hasMessageEndingWith("held by the audited one: close it"));
  }

  @Test
  @DisplayName("can refuse at the last moment, and everything comes back")
  void refuses() {
    RefusedException late = new RefusedException("audited", "it was opened again", "ask again");
    own.coordinator.register(
        new Audited(
            () -> {
              throw late;
            }));

    assertThat(own.refused()).containsExactly(late);
    assertThat(own.calls).containsExactly("down audited", "audit", "up audited");
  }

  @Test
  @DisplayName("gives up a checkpoint whose thread is interrupted meanwhile")
  void interrupted() {
    own.coordinator.register(
        new Audited(
            () -> {
              throw new InterruptedException();
            }));

    assertThat(own.refused()).singleElement().asString().contains("was interrupted");
    assertThat(Thread.interrupted()).isTrue();
    assertThat(own.calls).containsExactly("down audited", "audit", "up audited");
  }
}
