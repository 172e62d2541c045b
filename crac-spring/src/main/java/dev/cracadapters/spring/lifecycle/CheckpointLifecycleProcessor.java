/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.lifecycle;

import dev.cracadapters.core.CheckpointCoordinator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;
import org.springframework.context.support.AbstractApplicationContext;
import org.springframework.context.support.DefaultLifecycleProcessor;

/**
 * Spring's own processor with its own CRaC support. While a walk is under way that takes care of
 * the context's lifecycle beans, it leaves them alone: a bean whose {@code stop} failed would
 * otherwise be stopped a second time, and that failure only logged.
 */
public final class CheckpointLifecycleProcessor extends DefaultLifecycleProcessor {

  private volatile boolean handedOver;

  /** Whether a context has this processor, and has handed its beans over to walks. */
  public static boolean hasHandedOver(ConfigurableApplicationContext context) {
    CheckpointLifecycleProcessor processor = of(context);
    return processor != null && processor.handedOver;
  }

  /**
   * Says whether walks take care of a context's beans. Does nothing in a context that has another
   * processor.
   *
   * @param handedOver true from the registration of the beans' phases until the context closes
   */
  public static void handOver(ConfigurableApplicationContext context, boolean handedOver) {
    CheckpointLifecycleProcessor processor = of(context);
    if (processor != null) {
      processor.handedOver = handedOver;
    }
  }

  private static @Nullable CheckpointLifecycleProcessor of(ConfigurableApplicationContext context) {
    Object processor =
        context
            .getBeanFactory()
            .getSingleton(AbstractApplicationContext.LIFECYCLE_PROCESSOR_BEAN_NAME);
    return processor instanceof CheckpointLifecycleProcessor ours ? ours : null;
  }

  @Override
  protected Map<String, Lifecycle> getLifecycleBeans() {
    return handedOver && CheckpointCoordinator.global().isUnderWay()
        ? new HashMap<>()
        : super.getLifecycleBeans();
  }
}
