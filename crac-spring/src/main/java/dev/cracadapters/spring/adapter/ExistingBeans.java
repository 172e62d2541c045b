/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.adapter;

import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ConfigurableApplicationContext;

/** The singletons of a context that exist: no bean is made for a checkpoint's sake. */
public final class ExistingBeans {

  private ExistingBeans() {}

  /** The beans of a type by their names. */
  public static Map<String, Object> ofType(ConfigurableApplicationContext context, Class<?> type) {
    ConfigurableListableBeanFactory factory = context.getBeanFactory();
    Map<String, Object> singletons = new LinkedHashMap<>();
    for (String name : factory.getBeanNamesForType(type, false, false)) {
      if (factory.containsSingleton(name) && !factory.isFactoryBean(name)) {
        singletons.put(name, factory.getBean(name));
      }
    }
    return singletons;
  }
}
