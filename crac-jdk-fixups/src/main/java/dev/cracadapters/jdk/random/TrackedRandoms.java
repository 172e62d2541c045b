/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;

import dev.cracadapters.core.support.InternalField;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Security;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
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

  /** No state of their own: what they share is a generator that is found in another way. */
  private static final List<String> STATELESS =
      List.of("sun.security.provider.NativePRNG", BouncyCastleGenerator.SPI_PREFIX);

  private static final InternalField<Object> SERVICES = JDK.field(Provider.class, "serviceMap");
  private static final InternalField<Object> LEGACY_SERVICES =
      JDK.field(Provider.class, "legacyMap");
  private static final InternalField<Object> SERVICE_SET = JDK.field(Provider.class, "serviceSet");

  private static final InternalField<Object> ATTRIBUTES =
      JDK.field(Provider.Service.class, "attributes");
  private static final InternalField<Object> REGISTERED =
      JDK.field(Provider.Service.class, "registered");
  private static final InternalField<Object> ALIASES = JDK.field(Provider.Service.class, "aliases");

  private static final Set<Tracked> TRACKED = ConcurrentHashMap.newKeySet();
  private static final ReferenceQueue<Object> COLLECTED = new ReferenceQueue<>();
  private static volatile @Nullable Consumer<Generator> onMade;

  private TrackedRandoms() {}

  /**
   * Tracks what the providers make from now on. To be called again when there are new providers.
   */
  static synchronized void install() {
    for (Provider provider : Security.getProviders()) {
      // Makes the provider sort its entries, which it otherwise does at the first question.
      boolean has = provider.getServices().stream().anyMatch(TrackedRandoms::isToTrack);
      if (has) {
        synchronized (provider) {
          exchange(SERVICES.find(provider));
          exchange(LEGACY_SERVICES.find(provider));
          SERVICE_SET.set(provider, null);
        }
      }
    }
  }

  private static boolean isToTrack(Provider.Service service) {
    return !(service instanceof TrackingService) && hasState(service);
  }

  private static boolean hasState(Provider.Service service) {
    return service.getType().equals(SECURE_RANDOM)
        && STATELESS.stream().noneMatch(service.getClassName()::startsWith);
  }

  // Not removed and put again: there would be a moment without, and the order in which a provider
  // lists its generators decides which one is the default.
  @SuppressWarnings("unchecked")
  private static void exchange(@Nullable Object services) {
    if (services instanceof Map<?, ?> map) {
      ((Map<Object, Provider.Service>) map)
          .replaceAll(
              (key, service) -> isToTrack(service) ? new TrackingService(service) : service);
    }
  }

  /** The classes of all generators that the providers say they make, but the stateless ones. */
  static Set<String> classNames() {
    Set<String> names = new HashSet<>();
    names.add(BouncyCastleGenerator.CLASS_NAME);
    for (Provider provider : Security.getProviders()) {
      for (Provider.Service service : provider.getServices()) {
        if (hasState(service)) {
          names.add(service.getClassName());
        }
      }
    }
    return names;
  }

  /** Takes note of what holds a generator's state. */
  static void add(Object holder) {
    for (Object gone = COLLECTED.poll(); gone != null; gone = COLLECTED.poll()) {
      TRACKED.remove(gone);
    }
    TRACKED.add(new Tracked(holder));
    Consumer<Generator> made = onMade;
    if (made != null) {
      Generator generator = Generator.of(holder);
      if (generator != null) {
        made.accept(generator);
      }
    }
  }

  /** From now on each generator is given to this consumer when it is made; null ends that. */
  static void onMade(@Nullable Consumer<Generator> consumer) {
    onMade = consumer;
  }

  /** What holds the states of the generators that are still in use. */
  static List<Object> alive() {
    return TRACKED.stream().map(Tracked::get).filter(Objects::nonNull).toList();
  }

  private static final class Tracked extends WeakReference<Object> {

    Tracked(Object holder) {
      super(holder, COLLECTED);
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
      ATTRIBUTES.set(this, ATTRIBUTES.find(origin));
      // At its first use a service asks its provider whether it is still listed, which this one no
      // longer is: we are.
      REGISTERED.set(origin, true);
      ALIASES.set(this, ALIASES.find(origin));
    }

    @Override
    public Object newInstance(@Nullable Object parameter) throws NoSuchAlgorithmException {
      Object made = origin.newInstance(parameter);
      add(made);
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
