/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import dev.cracadapters.spring.actuate.CheckpointEndpoint;
import dev.cracadapters.spring.context.CracConfiguration;
import dev.cracadapters.spring.context.CracRegistrar;
import dev.cracadapters.spring.lifecycle.CheckpointLifecycleProcessor;
import dev.cracadapters.spring.properties.CracProperties;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.SearchStrategy;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.autoconfigure.context.LifecycleProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.support.AbstractApplicationContext;
import org.springframework.context.support.DefaultLifecycleProcessor;

/**
 * Makes a Spring Boot application ready for checkpoints when {@code spring.crac.enabled} is {@code
 * true}; otherwise it does nothing.
 *
 * <p><b>At a checkpoint</b> the adapters on the class path and all running lifecycle beans are
 * stopped, phase by phase. <b>At a restore</b> they come back the other way round. <b>On
 * failure</b>, also when a bean's {@code stop} throws or does not end in time, the checkpoint is
 * refused and everything comes back. A bean named {@code lifecycleProcessor} of the application's
 * own stays in place; Spring's own support may then call {@code stop} a second time on a bean whose
 * first call failed.
 */
@AutoConfiguration(before = LifecycleAutoConfiguration.class)
@ConditionalOnProperty(prefix = "spring.crac", name = "enabled", havingValue = "true")
@EnableConfigurationProperties(CracProperties.class)
@Import({CracRegistrar.class, CracConfiguration.class})
public final class CracAutoConfiguration {

  /** For Spring Boot. */
  public CracAutoConfiguration() {}

  @Configuration(proxyBeanMethods = false)
  @EnableConfigurationProperties(LifecycleProperties.class)
  static class ProcessorConfiguration {

    @Bean(name = AbstractApplicationContext.LIFECYCLE_PROCESSOR_BEAN_NAME)
    @ConditionalOnMissingBean(
        name = AbstractApplicationContext.LIFECYCLE_PROCESSOR_BEAN_NAME,
        search = SearchStrategy.CURRENT)
    DefaultLifecycleProcessor cracLifecycleProcessor(LifecycleProperties properties) {
      CheckpointLifecycleProcessor processor = new CheckpointLifecycleProcessor();
      processor.setTimeoutPerShutdownPhase(properties.getTimeoutPerShutdownPhase().toMillis());
      return processor;
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
  static class EndpointConfiguration {

    @Bean
    @ConditionalOnAvailableEndpoint
    CheckpointEndpoint checkpointEndpoint() {
      return new CheckpointEndpoint();
    }
  }
}
