/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.context;

import dev.cracadapters.core.support.CracImplementation;
import java.util.Map;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Does what must come before the first bean, as soon as the configuration files have been read:
 * chooses the implementation of {@code org.crac}, listens for the checkpoint signal, begins to
 * record random generators, and exposes the endpoint where the application configures no exposure.
 *
 * <p>A listener, because {@code EnvironmentPostProcessor} is in another package in Spring Boot 4
 * than in 3.5.
 */
final class EarlyInstallation
    implements ApplicationListener<ApplicationEnvironmentPreparedEvent>, Ordered {

  private static final String EXPOSURE = "management.endpoints.web.exposure.include";

  /** Boot's listener that runs the environment post-processors is at HIGHEST_PRECEDENCE + 10. */
  private static final int AFTER_CONFIGURATION_FILES = Ordered.HIGHEST_PRECEDENCE + 11;

  EarlyInstallation() {}

  @Override
  public int getOrder() {
    return AFTER_CONFIGURATION_FILES;
  }

  @Override
  public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
    ConfigurableEnvironment environment = event.getEnvironment();
    if (!"true".equalsIgnoreCase(environment.getProperty("spring.crac.enabled"))) {
      return;
    }
    CracImplementation.install();
    ContextParticipation.listenForSignal(environment);
    CracRegistrar.prepareJdk(environment);
    expose(environment);
  }

  private static void expose(ConfigurableEnvironment environment) {
    // The application's own choice stands, also one in its default properties, which come last.
    boolean isConfigured =
        Binder.get(environment).bind(EXPOSURE, Bindable.listOf(String.class)).isBound();
    if (!isConfigured) {
      environment
          .getPropertySources()
          .addLast(
              new MapPropertySource(
                  "crac-spring", Map.<String, Object>of(EXPOSURE, "health,checkpoint")));
    }
  }
}
