/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.lifecycle;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Failures;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.stream.Collectors;
import org.crac.Context;
import org.crac.Resource;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;

/**
 * All lifecycle beans of one phase as one resource. They are asked to stop one after the other and
 * waited for together, as Spring does it; beans that depend on a bean are asked before it, whatever
 * their phase.
 *
 * <p>Unlike in Spring, a bean that throws or does not stop in time refuses the checkpoint. After
 * the restore those that this resource stopped are started again, the last stopped first.
 */
public final class LifecyclePhase implements PhasedResource {

  private record Fault(LifecycleBean bean, String cause, @Nullable Throwable reason) {}

  private final LifecycleBeans beans;
  private final int phase;
  private final Duration timeout;
  private final Deque<StoppedBean> stopped = new ConcurrentLinkedDeque<>();
  private volatile @Nullable String known;

  public LifecyclePhase(LifecycleBeans beans, int phase, Duration timeout) {
    this.beans = beans;
    this.phase = phase;
    this.timeout = timeout;
  }

  /** As at the latest way down, since all beans have to be looked at for it. */
  @Override
  public String name() {
    String present = known;
    return present == null ? findName() : present;
  }

  private String findName() {
    List<LifecycleBean> members =
        beans.all().stream()
            .filter(bean -> LifecycleBeans.walkPhase(bean.phase()) == phase)
            .toList();
    return members.isEmpty() ? "lifecycle beans made later" : describe(members);
  }

  @Override
  public int phase() {
    return phase;
  }

  @Override
  public void beforeCheckpoint(@Nullable Context<? extends Resource> context)
      throws RefusedException, InterruptedException {
    known = findName();
    List<Fault> faults = new ArrayList<>();
    for (List<LifecycleBean> group : beans.due(phase)) {
      stop(group, faults);
    }
    if (!faults.isEmpty()) {
      throw refusal(faults);
    }
  }

  private void stop(List<LifecycleBean> group, List<Fault> faults) throws InterruptedException {
    List<StoppedBean> pending = new ArrayList<>();
    for (LifecycleBean bean : group) {
      ask(bean, pending, faults);
    }
    Deadline deadline = Deadline.after(timeout);
    for (StoppedBean bean : pending) {
      if (!bean.await(deadline)) {
        faults.add(
            new Fault(
                bean.bean(),
                "it did not complete its stop within %d ms".formatted(timeout.toMillis()),
                null));
      }
    }
  }

  private void ask(LifecycleBean bean, List<StoppedBean> pending, List<Fault> faults)
      throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException(); // the walk has given up this resource
    }
    if (!bean.bean().isRunning() || !beans.claim(bean)) {
      return;
    }
    for (String name : bean.context().getBeanFactory().getDependentBeans(bean.name())) {
      LifecycleBean dependent = beans.named(bean.context(), name);
      if (dependent != null) {
        ask(dependent, pending, faults);
      }
    }
    StoppedBean asked = new StoppedBean(bean);
    stopped.push(asked);
    try {
      asked.ask();
      pending.add(asked);
    } catch (Exception | LinkageError | AssertionError e) {
      faults.add(new Fault(bean, "its stop threw " + e, e));
    }
  }

  private static RefusedException refusal(List<Fault> faults) {
    Throwable reason = null;
    for (Fault fault : faults) {
      if (reason == null) {
        reason = fault.reason;
      } else if (fault.reason != null) {
        reason.addSuppressed(fault.reason);
      }
    }
    String causes =
        faults.size() == 1
            ? faults.get(0).cause
            : faults.stream()
                .map(fault -> fault.bean.describe() + ": " + fault.cause)
                .collect(Collectors.joining("; "));
    boolean late = faults.stream().anyMatch(fault -> fault.reason == null);
    return new RefusedException(
        describe(faults.stream().map(Fault::bean).toList()),
        causes,
        late
            ? "Raise spring.crac.lifecycle-timeout, or find out what the bean waits for"
            : "Fix the bean's stop method; a checkpoint needs the bean stopped",
        reason);
  }

  @Override
  public void afterRestore(@Nullable Context<? extends Resource> context) throws RestoreException {
    Failures<RestoreException> failures = new Failures<>();
    for (StoppedBean bean = stopped.poll(); bean != null; bean = stopped.poll()) {
      beans.release(bean.bean());
      startAgain(bean, failures);
    }
    failures.throwIfAny();
  }

  /** What threw at the first attempt may be over at a second: there was no memory, or no thread. */
  private static void startAgain(StoppedBean bean, Failures<RestoreException> failures) {
    try {
      bean.startAgain();
    } catch (Exception | Error first) {
      try {
        bean.startAgain();
        failures.note(failed(bean, " started at the second attempt only: ", first));
      } catch (Exception | Error second) {
        failures.note(failed(bean, " did not start again: ", second));
      }
    }
  }

  private static RestoreException failed(StoppedBean bean, String what, Throwable reason) {
    return Failures.ofRestore(bean.bean().describe() + what + reason + remedy(reason), reason);
  }

  /** Of a server that no adapter knows, such as Boot's Tomcat: it opens the port that it had. */
  private static String remedy(Throwable reason) {
    for (Throwable cause = reason; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException) {
        return ". Free the address (ss -ltnp shows who has it), or restore with --clone --net";
      }
    }
    return "";
  }

  private static String describe(List<LifecycleBean> members) {
    return (members.size() == 1 ? "bean " : "beans ")
        + members.stream()
            .map(member -> "'" + member.name() + "'")
            .distinct()
            .collect(Collectors.joining(", "));
  }
}
