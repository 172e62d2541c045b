/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import java.util.function.BiConsumer;
import org.springframework.beans.factory.config.BeanPostProcessor;

/**
 * Tells of beans that are made after the context was refreshed, such as a data source that is
 * initialized lazily. It depends on nothing, so that it keeps no bean from other post-processors.
 */
final class LateBeans implements BeanPostProcessor {

  private volatile BiConsumer<String, Object> listener = (name, bean) -> {};

  void tell(BiConsumer<String, Object> newListener) {
    listener = newListener;
  }

  @Override
  public Object postProcessAfterInitialization(Object bean, String name) {
    listener.accept(name, bean);
    return bean;
  }
}
