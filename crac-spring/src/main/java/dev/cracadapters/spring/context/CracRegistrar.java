/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.context;

import dev.cracadapters.core.support.AdaptedLibrary;
import dev.cracadapters.core.support.CracImplementation;
import dev.cracadapters.spring.adapter.JdkAdapter;
import dev.cracadapters.spring.lifecycle.CheckpointLifecycleProcessor;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.EnvironmentAware;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.context.support.AbstractApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.util.ClassUtils;

/**
 * Makes crac-core the implementation of {@code org.crac} before the first bean is made: the
 * lifecycle processor registers itself there in its constructor. With Spring Boot {@link
 * EarlyInstallation} has done so already, unless a context is made without {@code
 * SpringApplication}.
 */
public final class CracRegistrar implements ImportBeanDefinitionRegistrar, EnvironmentAware {

  private static final String NAME = AbstractApplicationContext.LIFECYCLE_PROCESSOR_BEAN_NAME;

  private @Nullable Environment environment;

  CracRegistrar() {}

  @Override
  public void setEnvironment(Environment environment) {
    this.environment = environment;
  }

  @Override
  public void registerBeanDefinitions(
      AnnotationMetadata annotated, BeanDefinitionRegistry registry) {
    CracImplementation.install();
    if (environment != null) {
      ContextParticipation.listenForSignal(environment);
      prepareJdk(environment);
    }
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

  /** Records random generators from now on: most are made together with the beans. */
  static void prepareJdk(Environment environment) {
    if (AdaptedLibrary.JDK.isAdapted(CracRegistrar.class.getClassLoader())) {
      new JdkAdapter(environment).prepare();
    }
  }
}
