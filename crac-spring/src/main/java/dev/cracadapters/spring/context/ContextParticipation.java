/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.context;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import dev.cracadapters.spring.adapter.ExistingBeans;
import dev.cracadapters.spring.adapter.LibraryAdapter;
import dev.cracadapters.spring.adapter.RegisteredObjects;
import dev.cracadapters.spring.adapter.UnusableAdapter;
import dev.cracadapters.spring.environment.RestoredEnvironment;
import dev.cracadapters.spring.lifecycle.CheckpointLifecycleProcessor;
import dev.cracadapters.spring.lifecycle.LifecycleBean;
import dev.cracadapters.spring.lifecycle.LifecycleBeans;
import dev.cracadapters.spring.lifecycle.LifecyclePhase;
import dev.cracadapters.spring.properties.CracProperties;
import dev.cracadapters.spring.properties.EarlySignal;
import dev.cracadapters.spring.properties.EngineSettings;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;
import org.springframework.context.event.ApplicationContextEvent;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.core.env.Environment;

/**
 * Registers what a context and its child contexts hold with the coordinator, when they have been
 * refreshed, and takes it out when they close.
 *
 * <p>Not earlier, because the coordinator's first use registers it with {@code org.crac}. Resources
 * there are called in the reverse order of their registration, and the coordinator must come before
 * Spring's lifecycle processor, so that Spring finds every bean stopped already.
 */
final class ContextParticipation
    implements ApplicationListener<ApplicationContextEvent>, DisposableBean {

  /** The participation whose settings the coordinator has. */
  private static final AtomicReference<ContextParticipation> CONFIGURED_BY =
      new AtomicReference<>();

  /**
   * Its stop closes no file, but removes the bridge from java.util.logging for good: a restored
   * process would lose what the JDK and JDBC drivers log.
   */
  private static final String BOOTS_LOGGING =
      "org.springframework.boot.context.logging.LoggingApplicationListener$Lifecycle";

  private final ConfigurableApplicationContext root;
  private final CracProperties properties;
  private final LateBeans lateBeans;
  private final List<LibraryAdapter> adapters;
  private final RegisteredObjects resources = new RegisteredObjects();
  private final LifecycleBeans beans = new LifecycleBeans(this::isLeftAlone);
  private final Set<Integer> phases = ConcurrentHashMap.newKeySet();
  private final Map<ConfigurableApplicationContext, Registrations> registrations =
      new ConcurrentHashMap<>();
  private final Set<ConfigurableApplicationContext> early = new LinkedHashSet<>();

  /** The registrations of one context. Bean creation adds to them, and must not wait for a lock. */
  private static final class Registrations {
    private final Queue<Registration> open = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;

    void add(Registration registration) {
      open.add(registration);
      if (closed) {
        close();
      }
    }

    void close() {
      closed = true;
      for (Registration next = open.poll(); next != null; next = open.poll()) {
        next.close();
      }
    }
  }

  ContextParticipation(
      ConfigurableApplicationContext root, CracProperties properties, LateBeans lateBeans) {
    this.root = root;
    this.properties = properties;
    this.lateBeans = lateBeans;
    this.adapters =
        LibraryAdapters.present(
            root.getEnvironment(),
            new RestoredEnvironment(root.getEnvironment(), registrations::keySet),
            root.getClassLoader());
  }

  /** Not while another application of this process takes part: it is not the one that starts. */
  static void listenForSignal(Environment environment) {
    if (CONFIGURED_BY.get() == null) {
      EarlySignal.install(environment);
    }
  }

  @Override
  public synchronized void onApplicationEvent(ApplicationContextEvent event) {
    // Events of child contexts reach the listeners of their parents.
    if (!(event.getApplicationContext() instanceof ConfigurableApplicationContext context)) {
      return;
    }
    if (event instanceof ContextClosedEvent) {
      leave(context);
    } else if (event instanceof ContextRefreshedEvent && !takesPartOnItsOwn(context)) {
      if (context == root) {
        joinRoot();
      } else if (registrations.containsKey(root)) {
        join(context);
      } else {
        early.add(context);
      }
    }
  }

  private boolean takesPartOnItsOwn(ConfigurableApplicationContext context) {
    return context != root
        && context.getBeanFactory().getBeanNamesForType(ContextParticipation.class).length > 0;
  }

  private void joinRoot() {
    CheckpointCoordinator coordinator = CheckpointCoordinator.global();
    coordinator.configure(properties.coordinatorSettings());
    CONFIGURED_BY.set(this);
    Registrations joined = join(root);
    joined.add(EngineSettings.publish(properties, root.getEnvironment()));
    joinPhase(LifecycleBeans.LOWEST, joined);
    joined.add(
        coordinator.explainDescriptorsBy(
            new UnadaptedBeans(registrations::keySet, root.getClassLoader())));
    lateBeans.onBean(this::joinLate);
    early.forEach(this::join);
    early.clear();
  }

  private Registrations join(ConfigurableApplicationContext context) {
    Registrations joined = registrations.computeIfAbsent(context, absent -> new Registrations());
    for (LibraryAdapter adapter : adapters) {
      guarded(adapter, () -> adapter.join(context)).forEach(joined::add);
      ExistingBeans.ofType(context, adapter.beanType())
          .forEach((name, bean) -> join(context, name, bean, joined));
    }
    ExistingBeans.ofType(context, PhasedResource.class)
        .forEach((name, bean) -> join(context, name, bean, joined));
    CheckpointLifecycleProcessor.handOver(context, true);
    beans.add(context);
    for (LifecycleBean bean : beans.all()) {
      joinPhase(bean.phase(), registrations.get(root));
    }
    return joined;
  }

  private void join(
      ConfigurableApplicationContext context, String name, Object bean, Registrations joined) {
    for (LibraryAdapter adapter : adapters) {
      guarded(adapter, () -> adapter.join(context, name, bean)).forEach(joined::add);
    }
    if (bean instanceof PhasedResource resource) {
      resources.register(resource, () -> resource).forEach(joined::add);
    }
  }

  /** An adapter that cannot work here keeps checkpoints from being taken, not the application. */
  private static List<Registration> guarded(
      LibraryAdapter adapter, Supplier<List<Registration>> joining) {
    try {
      return joining.get();
    } catch (RuntimeException | LinkageError e) {
      return List.of(CheckpointCoordinator.global().register(new UnusableAdapter(adapter, e)));
    }
  }

  private void joinPhase(int phase, Registrations joined) {
    int walkPhase = LifecycleBeans.walkPhase(phase);
    if (phases.add(walkPhase)) {
      joined.add(
          CheckpointCoordinator.global()
              .register(new LifecyclePhase(beans, walkPhase, properties.timeToStop())));
    }
  }

  private void joinLate(String name, Object bean) {
    Registrations joined = registrations.get(root);
    if (joined == null) {
      return;
    }
    // Prototypes and inner beans arrive here as well; nothing would take those out again.
    if (!root.containsLocalBean(name) || !root.isSingleton(name)) {
      adapters.forEach(adapter -> adapter.onBean(root, name, bean));
    } else {
      join(root, name, bean, joined);
      if (bean instanceof Lifecycle lifecycle) {
        joinPhase(LifecycleBean.phaseOf(lifecycle), joined);
      }
    }
  }

  private boolean isLeftAlone(LifecycleBean bean) {
    if (bean.bean().getClass().getName().equals(BOOTS_LOGGING)) {
      return CheckpointLifecycleProcessor.hasHandedOver(bean.context());
    }
    return adapters.stream().anyMatch(adapter -> adapter.replaces(bean.bean(), bean.context()));
  }

  private void leave(ConfigurableApplicationContext context) {
    early.remove(context);
    Registrations left = registrations.remove(context);
    if (left == null) {
      return;
    }
    CheckpointLifecycleProcessor.handOver(context, false);
    beans.remove(context);
    left.close();
    if (context == root) {
      List.copyOf(registrations.keySet()).forEach(this::leave);
      phases.clear();
      if (CONFIGURED_BY.compareAndSet(this, null)) {
        CheckpointCoordinator.global().configureBySystemProperties();
      }
    }
  }

  /** For a context that failed to start after it had joined: it gets no closing event. */
  @Override
  public synchronized void destroy() {
    leave(root);
  }
}
