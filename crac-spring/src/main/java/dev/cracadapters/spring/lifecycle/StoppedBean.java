/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.lifecycle;

import dev.cracadapters.core.Deadline;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** A bean that a walk has asked to stop, until the walk is over for it. */
final class StoppedBean {

  private static final Logger LOG = LoggerFactory.getLogger(StoppedBean.class);

  private final LifecycleBean bean;
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile boolean walkIsOver;

  StoppedBean(LifecycleBean bean) {
    this.bean = bean;
  }

  LifecycleBean bean() {
    return bean;
  }

  /** Asks the bean to stop. A smart bean may still be stopping when this returns. */
  void ask() {
    if (bean.bean() instanceof SmartLifecycle smart) {
      smart.stop(this::stopped);
    } else {
      bean.bean().stop();
      done.countDown();
    }
  }

  private void stopped() {
    done.countDown();
    if (walkIsOver) {
      // It took longer than the walk waited, so the checkpoint was refused, and nothing else
      // would start the bean again.
      try {
        startAgain();
      } catch (RuntimeException | Error e) {
        LOG.error("The {} stopped after its checkpoint was given up, and did not start", bean, e);
      }
    }
  }

  /** Waits until the bean says that it has stopped; false when the deadline passed first. */
  boolean await(Deadline deadline) throws InterruptedException {
    return done.await(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
  }

  /** Starts the bean unless it runs, or its context has been closed in the meantime. */
  void startAgain() {
    walkIsOver = true;
    if (bean.context().isActive() && !bean.bean().isRunning()) {
      bean.bean().start();
      GracefulShutdowns.onStarted(bean.bean());
    }
  }
}
