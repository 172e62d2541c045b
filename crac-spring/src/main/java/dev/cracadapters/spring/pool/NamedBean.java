/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.util.ClassUtils;

/** A bean by its name in a context. */
record NamedBean(ConfigurableApplicationContext context, String name) {

  /** Whether Spring Boot is there, which binds beans to properties. */
  static final boolean BOOT =
      ClassUtils.isPresent(
          "org.springframework.boot.context.properties.ConfigurationPropertiesBean",
          NamedBean.class.getClassLoader());

  private static final String SCOPED = "scopedTarget.";

  /** The name that the application gave, also where Spring put a proxy of a scope in its place. */
  static NamedBean of(ConfigurableApplicationContext context, String name) {
    return new NamedBean(context, name.startsWith(SCOPED) ? name.substring(SCOPED.length()) : name);
  }
}
