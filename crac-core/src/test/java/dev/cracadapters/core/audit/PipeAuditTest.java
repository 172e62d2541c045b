/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static dev.cracadapters.core.CoordinatorSettings.AuditMode.LENIENT;
import static dev.cracadapters.core.CoordinatorSettings.AuditMode.STRICT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.audit.Descriptor.Kind;
import java.io.IOException;
import java.nio.channels.Pipe;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The audit of pipes")
class PipeAuditTest {

  private Set<String> before;

  @BeforeEach
  void see() throws IOException {
    before = OpenDescriptors.read().stream().map(Descriptor::target).collect(Collectors.toSet());
  }

  private List<Descriptor> opened() throws IOException {
    return OpenDescriptors.read().stream()
        .filter(descriptor -> descriptor.kind() == Kind.PIPE)
        .filter(descriptor -> !before.contains(descriptor.target()))
        .toList();
  }

  @Test
  @DisplayName("refuses a pipe to a child process")
  void child() throws Exception {
    Process child =
        new ProcessBuilder("cat").redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try {
      List<Descriptor> pipes = opened();

      assertThat(pipes).as("the child's input and output").hasSize(2);
      for (Descriptor pipe : pipes) {
        assertThat(Audited.refusal(LENIENT, pipe))
            .hasValueSatisfying(
                message -> assertThat(message).contains("its other end is in another process"));
        assertThat(Audited.refusal(STRICT, pipe)).isPresent();
      }
    } finally {
      child.getOutputStream().close();
      assertThat(child.waitFor(20, TimeUnit.SECONDS)).isTrue();
      child.getInputStream().close();
    }
  }

  @Test
  @DisplayName("lets a pipe pass that has both ends in this process, but not in strict mode")
  void own() throws IOException {
    Pipe pipe = Pipe.open();
    try (Pipe.SourceChannel source = pipe.source();
        Pipe.SinkChannel sink = pipe.sink()) {
      assertThat(source.isOpen() && sink.isOpen()).isTrue();
      List<Descriptor> ends = opened();

      assertThat(ends).hasSize(2);
      for (Descriptor end : ends) {
        assertThat(Audited.verdict(LENIENT, end)).hasValue("let pass");
        assertThat(Audited.refusal(STRICT, end)).isPresent();
      }
    }
  }
}
