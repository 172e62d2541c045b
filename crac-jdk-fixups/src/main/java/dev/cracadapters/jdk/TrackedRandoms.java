/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.SecureRandomSpi;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Knows, weakly, every secure random generator with a state in memory that was made since {@link
 * #install}.
 *
 * <p>Each security provider describes its generators as {@link Provider.Service} objects, and
 * {@code SecureRandom} asks them for a new one. They are exchanged for ones that take note of what
 * they have made. What comes out is the provider's own object, so that nothing stands between an
 * application and its generator; only making one costs a weak reference.
 */
final class TrackedRandoms {

  private static final String SECURE_RANDOM = "SecureRandom";

  /** No state of its own: what its instances share is a {@link NativeGenerator}. */
  private static final String STATELESS = "sun.security.provider.NativePRNG";

  private static final Field SERVICES = Internals.field(Provider.class, "serviceMap");
  private static final Field LEGACY_SERVICES = Internals.field(Provider.class, "legacyMap");
  private static final Field SERVICE_SET = Internals.field(Provider.class, "serviceSet");

  private static final Field ATTRIBUTES = Internals.field(Provider.Service.class, "attributes");
  private static final Field REGISTERED = Internals.field(Provider.Service.class, "registered");
  private static final Field ALIASES = Internals.field(Provider.Service.class, "aliases");

  private static final Set<Tracked> TRACKED = ConcurrentHashMap.newKeySet();
  private static final ReferenceQueue<SecureRandomSpi> COLLECTED = new ReferenceQueue<>();

  private TrackedRandoms() {}

  /**
   * Tracks what the providers make from now on. To be called again when there are new providers.
   */
  static synchronized void install() {
    for (Provider provider : Security.getProviders()) {
      // Makes the provider sort its entries, which it otherwise does at the first question.
      boolean has =
          provider.getServices().stream()
              .anyMatch(service -> service.getType().equals(SECURE_RANDOM) && isTracked(service));
      if (has) {
        synchronized (provider) {
          exchange(Internals.get(SERVICES, provider));
          exchange(Internals.get(LEGACY_SERVICES, provider));
          Internals.set(SERVICE_SET, provider, null);
        }
      }
    }
  }

  private static boolean isTracked(Provider.Service service) {
    return !(service instanceof TrackingService) && !service.getClassName().startsWith(STATELESS);
  }

  // Not removed and put again: there would be a moment without, and the order in which a provider
  // lists its generators decides which one is the default.
  @SuppressWarnings("unchecked")
  private static void exchange(@Nullable Object services) {
    if (services instanceof Map<?, ?> map) {
      ((Map<Object, Provider.Service>) map)
          .replaceAll(
              (key, service) ->
                  service.getType().equals(SECURE_RANDOM) && isTracked(service)
                      ? new TrackingService(service)
                      : service);
    }
  }

  /** The classes of all generators that the providers say they make, but the stateless ones. */
  static Set<String> classNames() {
    Set<String> names = ConcurrentHashMap.newKeySet();
    for (Provider provider : Security.getProviders()) {
      for (Provider.Service service : provider.getServices()) {
        if (service.getType().equals(SECURE_RANDOM)
            && !service.getClassName().startsWith(STATELESS)) {
          names.add(service.getClassName());
        }
      }
    }
    return names;
  }

  /**
   * Takes note of a generator that was made before {@link #install} or by other means.
   *
   * @param parameter what its class's constructor takes, or null
   */
  static void add(SecureRandomSpi spi, @Nullable Object parameter) {
    String className = spi.getClass().getName();
    for (Provider provider : Security.getProviders()) {
      for (Provider.Service service : provider.getServices()) {
        if (service.getType().equals(SECURE_RANDOM) && service.getClassName().equals(className)) {
          add(spi, service instanceof TrackingService own ? own.origin : service, parameter);
          return;
        }
      }
    }
    add(spi, null, parameter);
  }

  private static void add(
      SecureRandomSpi spi, Provider.@Nullable Service origin, @Nullable Object parameter) {
    for (Object gone = COLLECTED.poll(); gone != null; gone = COLLECTED.poll()) {
      TRACKED.remove(gone);
    }
    TRACKED.add(new Tracked(spi, origin, parameter));
  }

  /** Those that are still in use. */
  static List<Found> alive() {
    List<Found> alive = new ArrayList<>();
    for (Tracked tracked : TRACKED) {
      SecureRandomSpi spi = tracked.get();
      if (spi != null) {
        alive.add(new Found(spi, tracked.origin, tracked.parameter));
      }
    }
    return alive;
  }

  /** A generator, and what is known of how it was made. */
  record Found(SecureRandomSpi spi, Provider.@Nullable Service origin, @Nullable Object parameter) {

    /** How it forgets its state, or null when nothing is known about its class and its making. */
    @Nullable Generator generator() {
      Class<?> type = spi.getClass();
      if (type == DrbgGenerator.TYPE) {
        return DrbgGenerator.of(spi);
      }
      if (type == Sha1Generator.TYPE) {
        return new Sha1Generator(spi);
      }
      return origin == null ? null : new ForeignGenerator(spi, origin, parameter);
    }
  }

  private static final class Tracked extends WeakReference<SecureRandomSpi> {

    private final Provider.@Nullable Service origin;
    private final @Nullable Object parameter;

    Tracked(SecureRandomSpi spi, Provider.@Nullable Service origin, @Nullable Object parameter) {
      super(spi, COLLECTED);
      this.origin = origin;
      this.parameter = parameter;
    }
  }

  /** A provider's service that takes note of what it makes. */
  private static final class TrackingService extends Provider.Service {

    private final Provider.Service origin;

    TrackingService(Provider.Service origin) {
      super(
          origin.getProvider(),
          origin.getType(),
          origin.getAlgorithm(),
          origin.getClassName(),
          null,
          null);
      this.origin = origin;
      // "ThreadSafe" is among the attributes: without it SecureRandom would lock around each call.
      Internals.set(ATTRIBUTES, this, Internals.get(ATTRIBUTES, origin));
      // At its first use a service asks its provider whether it is still listed, which this one no
      // longer is: we are.
      Internals.set(REGISTERED, origin, true);
      Internals.set(ALIASES, this, Internals.get(ALIASES, origin));
    }

    @Override
    public Object newInstance(@Nullable Object parameter) throws NoSuchAlgorithmException {
      Object made = origin.newInstance(parameter);
      if (made instanceof SecureRandomSpi spi) {
        add(spi, origin, parameter);
      }
      return made;
    }

    @Override
    public boolean supportsParameter(Object parameter) {
      return origin.supportsParameter(parameter);
    }

    @Override
    public String toString() {
      return origin.toString();
    }
  }
}
