/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Closes what a policy wants closed. Where the JDK's object for a descriptor is known, it is closed
 * as an application would close it. A socket or a pipe of which it is not known is cut off: the
 * descriptor stands for {@code /dev/null} from then on, so that its user reads the end of the
 * stream and fails to write.
 */
final class ClosedByPolicy {

  private static final Path NULL_DEVICE = Path.of("/dev/null");

  private ClosedByPolicy() {}

  /** Why a descriptor cannot be closed from here, or null. */
  static @Nullable String whyNot(Descriptor descriptor) {
    try {
      OpenStreams streams = OpenStreams.ofThisProcess();
      return streams.isKnown(descriptor.number()) || canBeCutOff(descriptor)
          ? null
          : "a policy wants it closed, and no Java stream or channel is known that uses it";
    } catch (ReflectiveOperationException | RuntimeException e) {
      return "a policy wants it closed, and this JDK gives no way to what uses it (" + e + ")";
    }
  }

  private static boolean canBeCutOff(Descriptor descriptor) {
    return PolicyMatcher.typeOf(descriptor).equals("socket")
        || descriptor.target().startsWith("pipe:[");
  }

  /** Closes all of them; why one could not be closed. */
  static List<RefusedException> close(List<Descriptor> descriptors) {
    List<RefusedException> failures = new ArrayList<>();
    for (Descriptor descriptor : descriptors) {
      try {
        close(descriptor);
      } catch (IOException | ReflectiveOperationException | RuntimeException e) {
        failures.add(
            new RefusedException(
                descriptor.title(),
                "a policy wants it closed, which failed (" + e + ")",
                "close it in an org.crac.Resource",
                e));
      }
    }
    return failures;
  }

  private static void close(Descriptor descriptor)
      throws IOException, ReflectiveOperationException {
    Optional<String> before = Proc.self().target(descriptor.number());
    if (before.isEmpty()) {
      return; // closed together with one before it
    }
    OpenStreams streams = OpenStreams.ofThisProcess();
    streams.close(descriptor.number());
    if (Proc.self().target(descriptor.number()).equals(before)) {
      if (!canBeCutOff(descriptor)) {
        throw new IOException("it is still open");
      }
      streams.replace(descriptor.number(), NULL_DEVICE);
    }
  }
}
