/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.lifecycle;

import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;
import org.springframework.context.Phased;

/**
 * A lifecycle bean and where it is.
 *
 * @param name its name in the context
 * @param bean the bean
 * @param phase its phase, by Spring's rule: 0 for one that names none
 * @param context the context that holds it
 */
public record LifecycleBean(
    String name, Lifecycle bean, int phase, ConfigurableApplicationContext context) {

  LifecycleBean(String name, Lifecycle bean, ConfigurableApplicationContext context) {
    this(name, bean, phaseOf(bean), context);
  }

  public static int phaseOf(Lifecycle bean) {
    return bean instanceof Phased phased ? phased.getPhase() : 0;
  }

  String describe() {
    return "bean '" + name + "'";
  }
}
