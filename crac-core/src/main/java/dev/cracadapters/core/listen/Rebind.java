/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.listen;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.core.support.Failures;
import dev.cracadapters.core.support.KernelSockets;
import dev.cracadapters.core.support.RestoreWatch;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;

/**
 * Listening again after a checkpoint: on the same address, or on the one that the restore asks for.
 * An address that is only on its way to be free is tried again; for any other the failure says who
 * has it. The adapter opens its listeners in their order, and goes on after a failure.
 */
public final class Rebind {

  /**
   * The system property {@code crac.listen.8080} of a restore has what listened on port 8080 listen
   * elsewhere: on another port, {@code 8081}, or on another address as well, {@code 10.0.0.7:8081}.
   */
  private static final String PROPERTY_PREFIX = "crac.listen.";

  /**
   * How long an address is tried again that is taken by nobody who can be seen: a socket that is
   * being closed, or a process of another user or container.
   */
  private static final Duration UNSEEN_OWNER_PATIENCE = Duration.ofSeconds(2);

  private static final long RETRY_PAUSE_MILLIS = 50;

  private Rebind() {}

  /** Binds and listens. */
  @FunctionalInterface
  public interface Attempt<T, E extends Exception> {

    /**
     * Tries once. Nothing of it is open after a failure.
     *
     * @return what listens
     * @throws E if that fails; a {@link BindException}, or one with that as its cause, if it is the
     *     address
     * @throws RestoreException if that says all there is to say
     */
    T open() throws E, RestoreException, InterruptedException;
  }

  /**
   * Listens again.
   *
   * @param listener whose address it is: {@code jetty}
   * @param address the address that {@code attempt} binds
   * @param deadline how long an address is tried again whose connections from before are in
   *     TIME_WAIT
   * @param attempt binds and listens
   * @return what listens
   * @throws RestoreException if the address cannot be bound; the message says who has it
   * @throws E if the attempt fails for another reason
   */
  public static <T, E extends Exception> T open(
      String listener, InetSocketAddress address, Deadline deadline, Attempt<T, E> attempt)
      throws RestoreException, E, InterruptedException {
    Deadline unseen = Deadline.after(UNSEEN_OWNER_PATIENCE);
    while (true) {
      try {
        return attempt.open();
      } catch (Exception e) {
        BindException reason = bindFailure(e);
        if (reason == null) {
          throw e;
        }
        PortOwner owner = PortOwner.of(address);
        boolean over = deadline.hasPassed() || !owner.isTimeWait() && unseen.hasPassed();
        if (!isInUse(reason) || owner.isProcess() || over) {
          throw failure(listener, address, isInUse(reason) ? owner : null, reason, e);
        }
      }
      TimeUnit.MILLISECONDS.sleep(RETRY_PAUSE_MILLIS);
    }
  }

  /**
   * {@return where to listen after a restore: as before, or what the restore's system property
   * {@code crac.listen.PORT} says}
   *
   * @param before the address from before the checkpoint
   * @param watch begun when the address was given up: what an earlier restore said has been done,
   *     and is not done again where a checkpoint after it is rehearsed or refused
   * @throws RestoreException if the property is neither a port nor an address and a port
   */
  public static InetSocketAddress addressAtRestore(InetSocketAddress before, RestoreWatch watch)
      throws RestoreException {
    return addressAtRestore(
        before, watch.restore().map(RestoreInfo::systemProperties).orElse(Map.of()));
  }

  /**
   * As {@link #addressAtRestore(InetSocketAddress, RestoreWatch)}, where that is not known yet.
   *
   * @param before the address from before the checkpoint
   * @param properties the system properties that were given to the restore
   * @return the address to listen on
   * @throws RestoreException if the property is neither a port nor an address and a port
   */
  public static InetSocketAddress addressAtRestore(
      InetSocketAddress before, Map<String, String> properties) throws RestoreException {
    String property = PROPERTY_PREFIX + before.getPort();
    String value = properties.getOrDefault(property, "").strip();
    if (value.isEmpty()) {
      return before;
    }
    int colon = value.lastIndexOf(':');
    try {
      int port = Integer.parseInt(value.substring(colon + 1));
      if (colon >= 0) {
        return new InetSocketAddress(value.substring(0, colon), port);
      }
      return before.isUnresolved()
          ? InetSocketAddress.createUnresolved(before.getHostString(), port)
          : new InetSocketAddress(before.getAddress(), port);
    } catch (IllegalArgumentException e) {
      throw Failures.ofRestore(
          "System property %s is \"%s\", which is neither a port nor an address with a port, such as 8081 or 10.0.0.7:8081"
              .formatted(property, value),
          e);
    }
  }

  /**
   * {@return an address as its user wrote it, resolved or not: {@code 10.0.0.7:8080}, {@code
   * localhost:8080}, {@code 0.0.0.0:8080} for all addresses of the machine} {@link
   * KernelSockets#describe} shows what the kernel has.
   */
  public static String describe(InetSocketAddress address) {
    InetAddress resolved = address.getAddress();
    String host =
        resolved != null && resolved.isAnyLocalAddress() ? "0.0.0.0" : address.getHostString();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }

  private static RestoreException failure(
      String listener,
      InetSocketAddress address,
      @Nullable PortOwner owner,
      BindException reason,
      Exception cause) {
    return Failures.ofRestore(
        "%s %s: the address %s (%s). Free the address, or restore with another one: server.port (Spring Boot), or the system property %s%d"
            .formatted(
                listener,
                describe(address),
                owner == null ? "cannot be bound" : "is taken by " + owner.description(),
                reason.getMessage(),
                PROPERTY_PREFIX,
                address.getPort()),
        cause);
  }

  private static @Nullable BindException bindFailure(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException found) {
        return found;
      }
    }
    return null;
  }

  /** Not "Cannot assign requested address", nor "Permission denied": those do not pass. */
  private static boolean isInUse(BindException reason) {
    return String.valueOf(reason.getMessage()).contains("in use");
  }
}
