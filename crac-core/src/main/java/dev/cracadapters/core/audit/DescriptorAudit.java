/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.CheckpointReport.OpenDescriptor;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.PolicyVerdicts.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every open descriptor and decides whether a snapshot may be taken with it.
 *
 * <p>The strict rules are a CRaC JDK's: all that is open must be the JDK's own, on the class path,
 * or a standard stream (see "File descriptors" in the CRaC project's documentation, and {@code
 * CheckpointOpenResourceException}). The lenient rules let pass in addition what an engine restores
 * faithfully as often as it is asked to.
 */
public final class DescriptorAudit {

  private static final Duration KERNEL_FILE_LIMIT = Duration.ofMillis(300);

  private static final Pattern TERMINAL = Pattern.compile("/dev/(pts/\\d+|tty.*|console)");

  private static final Verdict LOG_GOES_ON =
      new Verdict("the JVM's own log, which goes on at each restore", null);

  private final AuditMode mode;
  private final List<DescriptorOwner> owners;
  private final PolicyVerdicts policies;
  private final Function<CoveredDescriptor, Optional<String>> engine;
  private final JvmFiles jvmFiles = new JvmFiles();
  private final ClassPath classPath = new ClassPath();
  private final Path javaHome = Path.of(System.getProperty("java.home"));

  /**
   * An audit that follows descriptor policies.
   *
   * @param mode how severe it is with what no policy is for
   * @param owners asked, in this order, whose a refused descriptor is, where it is neither the
   *     JVM's nor inherited; after them the audit's own guess by the libraries on the class path
   * @param policies what is to become of descriptors, before the rules are asked
   * @param engine why the engine cannot do what a policy asks of it, empty where it can
   */
  public DescriptorAudit(
      AuditMode mode,
      List<DescriptorOwner> owners,
      ResourcePolicies policies,
      Function<CoveredDescriptor, Optional<String>> engine) {
    this.mode = mode;
    this.policies = new PolicyVerdicts(policies, engine);
    this.engine = engine;
    // What no Java object holds, no adapter or bean can close.
    List<DescriptorOwner> all = new ArrayList<>(List.of(jvmFiles, new InheritedDescriptors()));
    all.addAll(owners);
    all.add(new UnadaptedLibraries());
    this.owners = List.copyOf(all);
  }

  /**
   * What the audit found.
   *
   * @param open the descriptors other than the JVM's own and the standard streams, with a verdict
   *     each
   * @param refusals one for each descriptor that is in the way; empty when a snapshot may be taken
   * @param covered those that stay open because a policy says so, and the logs of the JVM itself
   */
  public record Findings(
      List<OpenDescriptor> open, List<RefusedException> refusals, List<CoveredDescriptor> covered) {

    public Findings {
      open = List.copyOf(open);
      refusals = List.copyOf(refusals);
      covered = List.copyOf(covered);
    }
  }

  /**
   * Audits the descriptors that are open now. Those that a policy wants closed are closed, unless
   * some descriptor is in the way of the snapshot anyway.
   *
   * @return what was found; nothing on a system that does not show descriptors
   * @throws IOException if the system shows descriptors but they cannot be read
   */
  public Findings run() throws IOException {
    return run(false);
  }

  /**
   * As {@link #run}, but nothing is closed and nothing is logged: another audit will follow.
   *
   * @return what was found; nothing on a system that does not show descriptors
   * @throws IOException if the system shows descriptors but they cannot be read
   */
  public Findings rehearse() throws IOException {
    return run(true);
  }

  private Findings run(boolean rehearsal) throws IOException {
    if (!OpenDescriptors.supported()) {
      return new Findings(List.of(), List.of(), List.of());
    }
    List<Descriptor> all =
        mode == AuditMode.STRICT
            ? OpenDescriptors.readLasting(KERNEL_FILE_LIMIT)
            : OpenDescriptors.read();
    List<OpenDescriptor> open = new ArrayList<>();
    List<RefusedException> refusals = new ArrayList<>();
    List<CoveredDescriptor> covered = new ArrayList<>();
    List<Descriptor> closing = new ArrayList<>();
    for (Descriptor descriptor : all) {
      if (isTheJvms(descriptor, all)) {
        continue;
      }
      Optional<ResourcePolicy> policy = policies.find(descriptor);
      boolean isLog = policy.isEmpty() && isLogThatGoesOn(descriptor);
      Verdict verdict =
          policy.isPresent()
              ? policies.on(descriptor, policy.get(), rehearsal)
              : isLog ? LOG_GOES_ON : byTheRules(descriptor, all);
      open.add(new OpenDescriptor(descriptor.number(), descriptor.target(), verdict.words()));
      if (verdict.refusal() != null) {
        refusals.add(verdict.refusal());
      } else if (isLog) {
        covered.add(new CoveredDescriptor(descriptor, PolicyAction.REOPEN));
      } else if (policy.isPresent()) {
        PolicyAction action = policy.get().action();
        if (action == PolicyAction.CLOSE) {
          closing.add(descriptor);
        } else {
          covered.add(new CoveredDescriptor(descriptor, action));
        }
      }
    }
    if (refusals.isEmpty() && !rehearsal) {
      refusals.addAll(ClosedByPolicy.close(closing));
    }
    return new Findings(open, refusals, covered);
  }

  /** The logs of {@code -Xlog}, which a CRaC JDK closes and reopens, too. */
  private boolean isLogThatGoesOn(Descriptor descriptor) {
    return descriptor.kind() == Descriptor.Kind.FILE
        && descriptor.writable()
        && jvmFiles.isLog(descriptor)
        && engine.apply(new CoveredDescriptor(descriptor, PolicyAction.REOPEN)).isEmpty();
  }

  private Verdict byTheRules(Descriptor descriptor, List<Descriptor> all) {
    String fault = fault(descriptor, all);
    return fault == null
        ? new Verdict("let pass", null)
        : Verdict.refused(descriptor, fault, remedy(descriptor));
  }

  private String remedy(Descriptor descriptor) {
    for (DescriptorOwner owner : owners) {
      Optional<String> remedy = owner.remedy(descriptor);
      if (remedy.isPresent()) {
        return remedy.get();
      }
    }
    return (descriptor.kind() == Descriptor.Kind.PIPE
            ? "if it is a child process's, end that before a checkpoint; otherwise "
            : "")
        + "close it in an org.crac.Resource, or in the stop method of a Lifecycle bean";
  }

  private boolean isTheJvms(Descriptor descriptor, List<Descriptor> all) {
    if (descriptor.number() <= 2) {
      return true;
    }
    String target = descriptor.target();
    return switch (descriptor.kind()) {
      case FILE -> {
        Path path = Path.of(target);
        yield !descriptor.writable()
                && (path.startsWith(javaHome)
                    || isBelowRealJavaHome(path)
                    || classPath.contains(path))
            || target.contains("/hsperfdata_");
      }
      case DEVICE -> Set.of("/dev/random", "/dev/urandom", "/dev/null").contains(target);
      // NIO and the older sockets each keep one end of a pair, to close descriptors that are in
      // use.
      case UNIX_SOCKET -> target.equals(SocketTable.HALF_A_PAIR) || target.contains("/.java_pid");
      case EPOLL -> isEmptySelector(descriptor, all);
      case EVENT ->
          all.stream()
              .filter(other -> other.watched().contains(descriptor.number()))
              .anyMatch(other -> isEmptySelector(other, all));
      default -> false;
    };
  }

  private boolean isBelowRealJavaHome(Path path) {
    try {
      return path.startsWith(javaHome.toRealPath());
    } catch (IOException e) {
      return false;
    }
  }

  /** One that no standard stream is on: of these, duplicates are restored. */
  private static boolean isFurtherTerminal(Descriptor device, List<Descriptor> all) {
    return TERMINAL.matcher(device.target()).matches()
        && all.stream()
            .noneMatch(other -> other.number() <= 2 && other.target().equals(device.target()));
  }

  /** Of one end there may be several descriptors, as of all that a shell hands down. */
  private static boolean hasOtherEnd(Descriptor pipe, List<Descriptor> all) {
    return all.stream()
        .filter(other -> other.target().equals(pipe.target()))
        .anyMatch(other -> other.writable() != pipe.writable());
  }

  /**
   * A NIO selector with no channel watches its own wake-up descriptor alone; a CRaC JDK reopens
   * such a selector.
   */
  private static boolean isEmptySelector(Descriptor epoll, List<Descriptor> all) {
    return epoll.watched().size() == 1
        && all.stream()
            .anyMatch(
                other ->
                    other.number() == epoll.watched().get(0)
                        && other.kind() == Descriptor.Kind.EVENT);
  }

  /** What is wrong with a descriptor that is not the JVM's own, or null when it may stay open. */
  private @Nullable String fault(Descriptor descriptor, List<Descriptor> all) {
    boolean strict = mode == AuditMode.STRICT;
    return switch (descriptor.kind()) {
      case FILE -> {
        if (descriptor.writable()) {
          yield "it is open for writing, and a restored process would find it changed";
        }
        yield strict ? "a CRaC JDK refuses an open file that is not on the class path" : null;
      }
      case DELETED_FILE -> "it has been deleted, so that a restore would not find it";
      case DIRECTORY, EPOLL, EVENT -> strict ? "a CRaC JDK refuses it" : null;
      case DEVICE -> {
        if (strict) {
          yield "a CRaC JDK refuses it";
        }
        yield isFurtherTerminal(descriptor, all)
            ? "it is a terminal, which a restore has by its standard streams alone"
            : null;
      }
      case OTHER -> {
        if (strict) {
          yield "a CRaC JDK refuses it";
        }
        yield descriptor.target().equals("anon_inode:[pidfd]")
            ? "it stands for another process, which a restore would not find"
            : null;
      }
      case PIPE -> {
        if (strict) {
          yield "a CRaC JDK refuses an open pipe";
        }
        yield hasOtherEnd(descriptor, all)
            ? null
            : "its other end is in another process, which a restore would not find";
      }
      case TCP_LISTENER -> "it is listening";
      case TCP_CONNECTION -> "it is connected, and the other side would see it break";
      case UDP_SOCKET, UNIX_SOCKET, OTHER_SOCKET -> "it is an open socket";
      case IO_URING -> "no engine can restore io_uring";
    };
  }
}
