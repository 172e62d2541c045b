/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.context;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanPostProcessor;

/**
 * Passes on the beans that cannot be found when the context has been refreshed: those made later,
 * such as a lazy data source, and those of factory beans, which would make them when asked. It
 * depends on nothing, so that no bean is made too early for other post-processors.
 */
final class LateBeans implements BeanPostProcessor {

  private record Made(String name, Object bean) {}

  private final List<Made> made = new ArrayList<>();
  private volatile @Nullable BiConsumer<String, Object> listener;

  /** Passes on all beans that were made, and from now on each that is made. */
  void onBean(BiConsumer<String, Object> newListener) {
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
    BiConsumer<String, Object> receiver = listener;
    if (receiver == null) {
      synchronized (made) {
        receiver = listener;
        if (receiver == null) {
          made.add(new Made(name, bean));
          return bean;
        }
      }
    }
    receiver.accept(name, bean);
    return bean;
  }
}
