/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.context;

import dev.cracadapters.spring.properties.CracProperties;
import dev.cracadapters.spring.properties.EnvironmentProperties;
import dev.cracadapters.spring.properties.UnusableSettingException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/** What Spring with Boot and Spring without it have in common. */
@Configuration(proxyBeanMethods = false)
public class CracConfiguration {

  private static final String PAUSE = "spring.crac.pause";

  @Bean
  static LateBeans cracLateBeans() {
    return new LateBeans();
  }

  @Bean
  @Lazy(false)
  ContextParticipation cracContextParticipation(
      ConfigurableApplicationContext context,
      ObjectProvider<CracProperties> properties,
      LateBeans lateBeans) {
    // Spring Boot's binder ignores the value of a name that longer names begin with.
    if (context.getEnvironment().containsProperty(PAUSE)) {
      throw new UnusableSettingException(
          "Property %s is \"%s\", but is called %s.mode here"
              .formatted(PAUSE, context.getEnvironment().getProperty(PAUSE), PAUSE),
          null);
    }
    CracProperties given =
        properties.getIfAvailable(
            () ->
                EnvironmentProperties.read(
                    context.getEnvironment(), "spring.crac", CracProperties.class));
    return new ContextParticipation(context, given, lateBeans);
  }
}
