/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import dev.cracadapters.core.crac.CracImplementation;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.context.support.AbstractApplicationContext;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.util.ClassUtils;

/**
 * Makes crac-core the implementation of {@code org.crac} before the first bean is made: the
 * lifecycle processor registers itself there in its constructor.
 */
final class CracRegistrar implements ImportBeanDefinitionRegistrar {

  private static final String NAME = AbstractApplicationContext.LIFECYCLE_PROCESSOR_BEAN_NAME;

  CracRegistrar() {}

  @Override
  public void registerBeanDefinitions(
      AnnotationMetadata annotated, BeanDefinitionRegistry registry) {
    CracImplementation.install();
    // Spring Boot has a processor of its own with settings of its own: the auto-configuration
    // takes its place there.
    boolean boot =
        ClassUtils.isPresent(
            "org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration",
            getClass().getClassLoader());
    if (!boot && !registry.containsBeanDefinition(NAME)) {
      registry.registerBeanDefinition(
          NAME,
          new RootBeanDefinition(
              CheckpointLifecycleProcessor.class, CheckpointLifecycleProcessor::new));
    }
  }
}
