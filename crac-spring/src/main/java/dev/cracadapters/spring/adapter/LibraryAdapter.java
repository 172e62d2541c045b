/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.adapter;

import dev.cracadapters.core.Registration;
import java.util.List;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;

/**
 * Finds what one adapter is for. There is one object for each adapter on the class path and each
 * application context that takes part on its own; its class alone loads the classes of the adapter
 * and of the library.
 */
public interface LibraryAdapter {

  /**
   * Registers what belongs to a context as a whole.
   *
   * @return what was registered by this call; empty when nothing is there, or all of it is known
   */
  default List<Registration> join(ConfigurableApplicationContext context) {
    return List.of();
  }

  /** The type of bean that {@link #join(Object)} is for; {@link Void} when it is for none. */
  default Class<?> beanType() {
    return Void.class;
  }

  /**
   * Registers a singleton of the type that {@link #beanType} tells, or of any other.
   *
   * @return what was registered by this call; empty when the bean is not for this adapter, or known
   */
  default List<Registration> join(Object bean) {
    return List.of();
  }

  /**
   * As {@link #join(Object)}, for an adapter that needs to know where the bean is from.
   *
   * @param name the bean's name
   */
  default List<Registration> join(
      ConfigurableApplicationContext context, String name, Object bean) {
    return join(bean);
  }

  /**
   * Tells of a bean that is no singleton. Nobody says when it is gone: it is not to be held.
   *
   * @param name the bean's name
   */
  default void made(ConfigurableApplicationContext context, String name, Object bean) {}

  /**
   * Whether the adapter does what a lifecycle bean of Spring Boot's does without it, and no walk is
   * to stop that bean.
   */
  default boolean replaces(Lifecycle bean, ConfigurableApplicationContext context) {
    return false;
  }
}
