/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.adapter;

import dev.cracadapters.core.Registration;
import java.util.List;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;

/**
 * Finds the objects that one adapter takes through a checkpoint. Each application context that
 * takes part on its own has one of these for each adapter on the class path. Only its class refers
 * to the classes of the adapter and of the library.
 */
public interface LibraryAdapter {

  /**
   * Registers what belongs to a context as a whole.
   *
   * @return what was registered by this call; empty when there is nothing, or all of it is known
   */
  default List<Registration> join(ConfigurableApplicationContext context) {
    return List.of();
  }

  /** The type of bean that is registered; {@link Void} when none is. */
  default Class<?> beanType() {
    return Void.class;
  }

  /**
   * Registers a singleton, of the type {@link #beanType} or of any other.
   *
   * @return what was registered by this call; empty when the bean is not for this adapter, or known
   */
  default List<Registration> join(
      ConfigurableApplicationContext context, String name, Object bean) {
    return List.of();
  }

  /** Called for a bean that is no singleton. Nothing announces its end, so it must not be held. */
  default void onBean(ConfigurableApplicationContext context, String name, Object bean) {}

  /**
   * Whether the adapter does the work of a lifecycle bean of Spring Boot's, so that no walk stops
   * that bean.
   */
  default boolean replaces(Lifecycle bean, ConfigurableApplicationContext context) {
    return false;
  }
}
