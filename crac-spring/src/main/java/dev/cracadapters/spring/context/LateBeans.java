/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.context;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanPostProcessor;

/**
 * Tells of beans that cannot be found when the context has been refreshed: those made later, such
 * as a data source that is initialized lazily, and those made by factory beans, which would make
 * them when they are asked. It depends on nothing, so that it keeps no bean from other
 * post-processors.
 */
final class LateBeans implements BeanPostProcessor {

  private record Made(String name, Object bean) {}

  private final List<Made> made = new ArrayList<>();
  private volatile @Nullable BiConsumer<String, Object> listener;

  /** Tells of all beans that were made, and from now on of each that is made. */
  void tell(BiConsumer<String, Object> newListener) {
    List<Made> soFar;
    synchronized (made) {
      listener = newListener;
      soFar = List.copyOf(made);
      made.clear();
    }
    soFar.forEach(each -> newListener.accept(each.name, each.bean));
  }

  @Override
  public Object postProcessAfterInitialization(Object bean, String name) {
    BiConsumer<String, Object> told = listener;
    if (told == null) {
      synchronized (made) {
        told = listener;
        if (told == null) {
          made.add(new Made(name, bean));
          return bean;
        }
      }
    }
    told.accept(name, bean);
    return bean;
  }
}
