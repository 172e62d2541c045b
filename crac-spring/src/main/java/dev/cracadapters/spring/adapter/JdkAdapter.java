/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.adapter;

import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import dev.cracadapters.jdk.JdkResource;
import dev.cracadapters.jdk.JdkSettings;
import dev.cracadapters.spring.properties.EnvironmentProperties;
import java.util.List;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;

/** Registers the JDK once for the process. */
public final class JdkAdapter implements LibraryAdapter {

  private final JdkSettings settings;
  private boolean joined;

  public JdkAdapter(Environment environment) {
    settings = EnvironmentProperties.read(environment, "spring.crac.jdk", JdkSettings.defaults());
  }

  /** Makes the resource, which takes note of random generators from now on. */
  public void prepare() {
    ProcessWide.prepare(JdkResource.class, this::resource);
  }

  @Override
  public synchronized List<Registration> join(ConfigurableApplicationContext context) {
    if (joined) {
      return List.of();
    }
    joined = true;
    return List.of(ProcessWide.register(JdkResource.class, this::resource));
  }

  private PhasedResource resource() {
    return JdkResource.of(settings);
  }
}
