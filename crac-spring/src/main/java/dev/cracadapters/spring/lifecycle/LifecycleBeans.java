/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.lifecycle;

import dev.cracadapters.core.Phase;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;
import org.springframework.context.LifecycleProcessor;

/**
 * The lifecycle beans of all contexts that take part, as they are at the moment of asking, and
 * which of them a walk has asked to stop.
 */
public final class LifecycleBeans {

  /**
   * Below all lifecycle beans are the pools and the log files, which any of them may use: a bean
   * with a lower phase is stopped here, last of all beans.
   */
  public static final int LOWEST = Phase.CLIENTS + 1;

  private final List<ConfigurableApplicationContext> contexts = new CopyOnWriteArrayList<>();
  private final Predicate<LifecycleBean> leftAlone;
  private final Set<Lifecycle> asked =
      Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));

  /**
   * The beans of no context yet.
   *
   * @param leftAlone true for a bean that is not stopped, because an adapter does its work
   */
  public LifecycleBeans(Predicate<LifecycleBean> leftAlone) {
    this.leftAlone = leftAlone;
  }

  public void add(ConfigurableApplicationContext context) {
    contexts.add(context);
  }

  public void remove(ConfigurableApplicationContext context) {
    contexts.remove(context);
  }

  /** The phase at which a bean takes part in a walk. */
  public static int walkPhase(int phase) {
    return Math.max(phase, LOWEST);
  }

  /** All beans that exist, running or not. */
  public List<LifecycleBean> all() {
    List<LifecycleBean> all = new ArrayList<>();
    for (ConfigurableApplicationContext context : contexts) {
      // Not by type: that takes the factory's locks and milliseconds, and this is asked in a walk.
      for (String name : context.getBeanFactory().getSingletonNames()) {
        LifecycleBean bean = named(context, name);
        if (bean != null) {
          all.add(bean);
        }
      }
    }
    return all;
  }

  /** A bean by its name, null when there is none that takes part. */
  @Nullable LifecycleBean named(ConfigurableApplicationContext context, String name) {
    ConfigurableListableBeanFactory beans = context.getBeanFactory();
    // A bean that does not exist yet does not run, and must not be made here.
    Object existing = beans.containsSingleton(name) ? beans.getSingleton(name) : null;
    if (!(existing instanceof Lifecycle lifecycle) || existing instanceof LifecycleProcessor) {
      return null;
    }
    LifecycleBean bean = new LifecycleBean(name, lifecycle, context);
    return leftAlone.test(bean) ? null : bean;
  }

  /**
   * The beans to be asked to stop when a walk comes to a phase: those that run in this phase, and
   * those of higher phases that have been made since the walk began.
   *
   * @return groups of one phase each, the highest phase first
   */
  List<List<LifecycleBean>> due(int phase) {
    Map<Integer, List<LifecycleBean>> groups = new TreeMap<>(Comparator.reverseOrder());
    for (LifecycleBean bean : all()) {
      if (walkPhase(bean.phase()) >= phase
          && !asked.contains(bean.bean())
          && bean.bean().isRunning()) {
        groups.computeIfAbsent(bean.phase(), absent -> new ArrayList<>()).add(bean);
      }
    }
    return List.copyOf(groups.values());
  }

  /** Whether this call is the first in this walk that asks the bean to stop. */
  boolean claim(LifecycleBean bean) {
    return asked.add(bean.bean());
  }

  /** The walk is over for the bean. */
  void release(LifecycleBean bean) {
    asked.remove(bean.bean());
  }
}
