/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointReport.OpenDescriptor;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** What the audit says of one descriptor, among all that the test's JVM has open. */
final class Audited {

  private Audited() {}

  /** The one open descriptor that a test means. */
  static Descriptor descriptor(Predicate<Descriptor> which) throws IOException {
    List<Descriptor> found = OpenDescriptors.read().stream().filter(which).toList();
    assertThat(found).as("descriptors that the test means").hasSize(1);
    return found.get(0);
  }

  static Descriptor target(String target) throws IOException {
    return descriptor(descriptor -> descriptor.target().equals(target));
  }

  /** An audit without policies. */
  static DescriptorAudit audit(AuditMode mode, DescriptorOwner... owners) {
    return new DescriptorAudit(
        mode, List.of(owners), ResourcePolicies.none(), covered -> Optional.empty());
  }

  /** The message of the refusal of a descriptor; empty when it is let pass. */
  static Optional<String> refusal(AuditMode mode, Descriptor descriptor, DescriptorOwner... owners)
      throws IOException {
    String name = "descriptor " + descriptor.number() + ", " + descriptor.target() + ": ";
    DescriptorAudit.Findings findings = audit(mode, owners).run();
    List<String> messages =
        findings.refusals().stream()
            .map(RefusedException::getMessage)
            .filter(message -> message.startsWith(name))
            .toList();
    assertThat(messages).hasSizeLessThan(2);
    Optional<String> message = messages.stream().findFirst();
    // The report has to say the same.
    Optional<String> verdict = verdict(findings, descriptor);
    assertThat(verdict.filter(words -> words.startsWith("refused: ")).isPresent())
        .isEqualTo(message.isPresent());
    return message;
  }

  static Optional<String> refusal(AuditMode mode, String target, DescriptorOwner... owners)
      throws IOException {
    return refusal(mode, target(target), owners);
  }

  /** What the report says of a descriptor; empty when it is the JVM's own. */
  static Optional<String> verdict(AuditMode mode, Descriptor descriptor) throws IOException {
    return verdict(audit(mode).run(), descriptor);
  }

  private static Optional<String> verdict(
      DescriptorAudit.Findings findings, Descriptor descriptor) {
    return findings.open().stream()
        .filter(open -> open.number() == descriptor.number())
        .map(OpenDescriptor::verdict)
        .findFirst();
  }
}
