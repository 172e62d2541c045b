/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.audit.DescriptorAudit.Findings;
import java.io.Closeable;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The audit with policies")
class PolicyAuditTest {

  private static final Function<CoveredDescriptor, Optional<String>> ANY =
      covered -> Optional.empty();

  @TempDir Path temp;
  private Path folder;
  private Path file;

  @BeforeEach
  void realFolder() throws IOException {
    folder = temp.toRealPath();
    file = Files.writeString(folder.resolve("data"), "0123456789");
  }

  @AfterEach
  void noPolicies() {
    System.clearProperty("crac.resource-policies");
    System.clearProperty("jdk.crac.resource-policies");
  }

  private Findings audit(AuditMode mode, String policies) throws Exception {
    return audit(mode, policies, ANY);
  }

  private Findings audit(
      AuditMode mode, String policies, Function<CoveredDescriptor, Optional<String>> engine)
      throws Exception {
    Path named = Files.writeString(folder.resolve("policies.yaml"), policies);
    System.setProperty("jdk.crac.resource-policies", named.toString());
    return new DescriptorAudit(mode, List.of(), ResourcePolicies.fromSystemProperties(), engine)
        .run();
  }

  private String rule(String action) {
    return "type: file\npath: " + file + "\naction: " + action + "\nwarn: false\n";
  }

  @ParameterizedTest
  @EnumSource(AuditMode.class)
  @DisplayName("lets pass what a policy ignores or wants reopened, and tells the engine")
  void covered(AuditMode mode) throws Exception {
    try (FileOutputStream open = new FileOutputStream(file.toFile())) {
      open.write(1);
      for (PolicyAction action : List.of(PolicyAction.IGNORE, PolicyAction.REOPEN)) {
        Findings findings = audit(mode, rule(action.name()));

        assertThat(findings.covered())
            .singleElement()
            .satisfies(one -> assertThat(one.action()).isEqualTo(action))
            .satisfies(one -> assertThat(one.descriptor().target()).isEqualTo(file.toString()));
        assertThat(findings.refusals())
            .noneMatch(refusal -> refusal.getMessage().contains(file.toString()));
        assertThat(findings.open())
            .filteredOn(one -> one.target().equals(file.toString()))
            .allSatisfy(one -> assertThat(one.verdict()).contains("by a policy"));
      }
    }
  }

  @Test
  @DisplayName("refuses what the engine cannot keep, in the engine's words")
  void engine() throws Exception {
    try (FileInputStream open = new FileInputStream(file.toFile())) {
      assertThat(open.read()).isEqualTo('0');
      assertThat(
              audit(AuditMode.LENIENT, rule("ignore"), covered -> Optional.of("it cannot"))
                  .refusals())
          .anySatisfy(refusal -> assertThat(refusal).hasMessageContaining(file + ": it cannot ("));
    }
  }

  @Test
  @DisplayName(
      "refuses what a policy calls an error, though it is only read, and closes nothing then")
  void error() throws Exception {
    Path other = Files.writeString(folder.resolve("other"), "x");
    try (FileInputStream open = new FileInputStream(file.toFile());
        FileInputStream closed = new FileInputStream(other.toFile())) {
      Findings findings =
          audit(
              AuditMode.LENIENT,
              rule("error") + "---\ntype: file\npath: " + other + "\naction: close\n");

      assertThat(findings.refusals())
          .anySatisfy(
              refusal -> assertThat(refusal).hasMessageContaining(file + ": a policy refuses it"));
      assertThat(closed.read()).isEqualTo('x');
      assertThat(open.read()).isEqualTo('0');
    }
  }

  @Test
  @DisplayName("takes our own property before a CRaC JDK's")
  void properties() throws Exception {
    try (FileInputStream open = new FileInputStream(file.toFile())) {
      assertThat(open.read()).isEqualTo('0');
      Path ours = Files.writeString(folder.resolve("ours"), rule("ignore"));
      System.setProperty("crac.resource-policies", ours.toString());

      assertThat(audit(AuditMode.LENIENT, rule("error")).covered()).hasSize(1);
    }
  }

  private Closeable opened(String kind) throws IOException {
    return switch (kind) {
      case "FileInputStream" -> new FileInputStream(file.toFile());
      case "FileOutputStream" -> new FileOutputStream(file.toFile());
      case "RandomAccessFile" -> new RandomAccessFile(file.toFile(), "rw");
      case "FileChannel" -> FileChannel.open(file);
      case "newInputStream" -> Files.newInputStream(file);
      case "shared" -> {
        FileInputStream first = new FileInputStream(file.toFile());
        yield new FileInputStream(first.getFD());
      }
      default -> throw new IllegalArgumentException(kind);
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "FileInputStream",
        "FileOutputStream",
        "RandomAccessFile",
        "FileChannel",
        "newInputStream",
        "shared"
      })
  @DisplayName("closes a stream or channel of a file as its owner would")
  void closes(String kind) throws Exception {
    try (Closeable open = opened(kind)) {
      List<Integer> before = numbers();
      assertThat(before).hasSize(1);

      Findings findings =
          new DescriptorAudit(AuditMode.LENIENT, List.of(), policies("close"), ANY).run();

      assertThat(numbers()).as("refusals: " + findings.refusals()).isEmpty();
      assertThatThrownBy(
              () -> {
                if (open instanceof FileInputStream in) {
                  in.read();
                } else if (open instanceof java.io.InputStream in) {
                  in.read();
                } else if (open instanceof FileOutputStream out) {
                  out.write(1);
                } else if (open instanceof RandomAccessFile access) {
                  access.read();
                } else {
                  ((FileChannel) open).read(ByteBuffer.allocate(1));
                }
              })
          .isInstanceOf(IOException.class);
    }
  }

  private ResourcePolicies policies(String action) throws Exception {
    Path named =
        Files.writeString(
            folder.resolve("policies.yaml"),
            // What else this JVM has open must not be in the way.
            rule(action)
                + "---\ntype: file\naction: ignore\nwarn: false\n"
                + "---\ntype: socket\naction: ignore\nwarn: false\n"
                + "---\ntype: pipe\naction: ignore\nwarn: false\n"
                + "---\ntype: filedescriptor\naction: ignore\nwarn: false\n");
    System.setProperty("jdk.crac.resource-policies", named.toString());
    return ResourcePolicies.fromSystemProperties();
  }

  private List<Integer> numbers() throws IOException {
    return OpenDescriptors.read().stream()
        .filter(one -> one.target().equals(file.toString()))
        .map(Descriptor::number)
        .toList();
  }

  @Test
  @DisplayName("closes sockets and pipes, also where their owner is not known")
  void sockets() throws Exception {
    InetAddress here = InetAddress.getLoopbackAddress();
    try (ServerSocket server = new ServerSocket(0, 1, here);
        DatagramSocket datagrams = new DatagramSocket(0, here)) {
      int port = server.getLocalPort();
      Pipe pipe = Pipe.open();
      for (Descriptor one : OpenDescriptors.read()) {
        boolean ours =
            one.local() != null
                && (one.local().getPort() == port
                    || one.local().getPort() == datagrams.getLocalPort());
        if (ours) {
          assertThat(ClosedByPolicy.whyNot(one)).isNull();
          assertThat(ClosedByPolicy.close(List.of(one))).isEmpty();
        }
      }
      assertThatThrownBy(server::accept).isInstanceOf(IOException.class);
      try (ServerSocket again = new ServerSocket(port, 1, here)) {
        assertThat(again.getLocalPort()).isEqualTo(port);
      }
      pipe.source().close();
      pipe.sink().close();
    }
  }

  @Test
  @DisplayName("says so where nobody is known who uses a descriptor that is to be closed")
  void unknownOwner() throws Exception {
    try (var channel = java.nio.channels.AsynchronousFileChannel.open(file)) {
      assertThat(channel.isOpen()).isTrue();
      assertThat(audit(AuditMode.LENIENT, rule("close")).refusals())
          .anySatisfy(
              refusal ->
                  assertThat(refusal)
                      .hasMessageContaining(
                          file
                              + ": a policy wants it closed, and no Java stream or channel is known"
                              + " that uses it"));
    }
  }
}
