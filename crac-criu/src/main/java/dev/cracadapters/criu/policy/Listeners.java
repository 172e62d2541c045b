/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.CoveredDescriptor;
import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.audit.Descriptor.Kind;
import dev.cracadapters.core.audit.OpenStreams;
import dev.cracadapters.core.support.Failures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The listening TCP sockets that a policy keeps. CRIU 4.1 cannot dump a socket on kernels from 6.16
 * on ({@code Can't get 1:16 opt}), and on others none with clients that wait to be accepted. So
 * each is closed under the objects that use it, which see nothing of that, and another one listens
 * in its place after the restore, or after a dump that failed. Clients that wait are turned away.
 */
public final class Listeners {

  private final List<SetAsideListener> aside = new ArrayList<>();

  private Listeners() {}

  /** Closes them for the time of the dump. If one cannot be closed, all are back. */
  public static Listeners setAside(List<CoveredDescriptor> covered) throws RefusedException {
    Listeners listeners = new Listeners();
    for (CoveredDescriptor one : covered) {
      Descriptor descriptor = one.descriptor();
      if (descriptor.kind() == Kind.TCP_LISTENER) {
        try {
          listeners.aside.add(SetAsideListener.of(descriptor, OpenStreams.ofThisProcess()));
        } catch (IOException | ReflectiveOperationException | RuntimeException e) {
          RefusedException refusal =
              new RefusedException(
                  "descriptor " + descriptor.number() + ", " + descriptor.target(),
                  "it cannot be set aside for the dump (" + e + ")",
                  "close it before a checkpoint, or use action: close",
                  e);
          throw listeners.putBackAfter(refusal);
        } catch (Error e) {
          throw listeners.putBackAfter(e);
        }
      }
    }
    return listeners;
  }

  private <T extends Throwable> T putBackAfter(T failure) {
    try {
      putBack(true);
    } catch (Exception | Error also) {
      failure.addSuppressed(also);
    }
    return failure;
  }

  /**
   * Has another one listen in the place of each, once, in the process that was to be dumped ({@code
   * original}) or in a restored one. If an address is taken, the others are back.
   */
  public void putBack(boolean original) throws IOException {
    Failures<IOException> failures = new Failures<>();
    for (SetAsideListener one : aside) {
      // Twice: who listens no more is lost to its clients, silently.
      failures.attempt(
          () -> {
            try {
              one.putBack(original);
            } catch (Exception | Error e) {
              one.putBack(original);
            }
          },
          e -> e instanceof IOException io ? io : new IOException(e.toString(), e));
    }
    aside.clear();
    failures.throwIfAny();
  }
}
