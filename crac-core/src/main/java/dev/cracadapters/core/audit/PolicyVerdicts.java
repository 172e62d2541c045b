/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.Descriptor.Kind;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What follows from a policy for a descriptor. */
final class PolicyVerdicts {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyVerdicts.class);

  /**
   * What follows.
   *
   * @param words for the report
   * @param refusal why no snapshot is taken, or null
   */
  record Verdict(String words, @Nullable RefusedException refusal) {

    static Verdict refused(Descriptor descriptor, String cause, String remedy) {
      return new Verdict(
          "refused: " + cause, new RefusedException(descriptor.title(), cause, remedy));
    }
  }

  private final ResourcePolicies policies;
  private final Function<CoveredDescriptor, Optional<String>> engine;

  PolicyVerdicts(ResourcePolicies policies, Function<CoveredDescriptor, Optional<String>> engine) {
    this.policies = policies;
    this.engine = engine;
  }

  Optional<ResourcePolicy> find(Descriptor descriptor) {
    return policies.find(descriptor);
  }

  Verdict on(Descriptor descriptor, ResourcePolicy policy, boolean quietly) {
    String fault = fault(descriptor, policy);
    if (fault != null) {
      return Verdict.refused(
          descriptor,
          fault + " (" + policy.where() + ")",
          policy.action() == PolicyAction.ERROR
              ? "close it before a checkpoint, or change the policy"
              : "change the policy: action: close works with every socket, pipe, stream and file channel");
    }
    if (policy.warn() && !quietly) {
      LOG.warn(
          "Descriptor {}, {}, was not closed by the application: {} ({}). "
              + "\"warn: false\" in the policy silences this line",
          descriptor.number(),
          descriptor.target(),
          consequence(policy),
          policy.where());
    }
    return new Verdict(consequence(policy) + " (" + policy.where() + ")", null);
  }

  private @Nullable String fault(Descriptor descriptor, ResourcePolicy policy) {
    return switch (policy.action()) {
      case ERROR -> "a policy refuses it";
      case CLOSE -> ClosedByPolicy.whyNot(descriptor);
      case REOPEN -> {
        String fault = cannotBeReopened(descriptor);
        yield fault == null ? engineFault(descriptor, policy) : fault;
      }
      case IGNORE -> engineFault(descriptor, policy);
    };
  }

  private @Nullable String engineFault(Descriptor descriptor, ResourcePolicy policy) {
    return engine.apply(new CoveredDescriptor(descriptor, policy.action())).orElse(null);
  }

  private static @Nullable String cannotBeReopened(Descriptor descriptor) {
    if (descriptor.kind() == Kind.TCP_CONNECTION) {
      return "a policy wants it reopened, and the other side would not take a connection up again";
    }
    if (descriptor.kind() == Kind.DELETED_FILE) {
      return "a policy wants it reopened, and it has been deleted";
    }
    return switch (PolicyMatcher.typeOf(descriptor)) {
      case "pipe", "filedescriptor" ->
          "a policy wants it reopened, which is possible for files and sockets alone";
      default -> null;
    };
  }

  private static String consequence(ResourcePolicy policy) {
    return switch (policy.action()) {
      case CLOSE -> "closed by a policy";
      case REOPEN -> "reopened at each restore by a policy";
      default -> "left to the engine by a policy";
    };
  }
}
