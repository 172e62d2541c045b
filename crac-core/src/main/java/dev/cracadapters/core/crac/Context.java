/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.crac;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The global context. As on a CRaC JDK resources are held weakly, called in the reverse order of
 * their registration before a checkpoint and in that order after a restore, and one that throws
 * does not keep the others from being called.
 *
 * @param <R> what it holds
 */
public final class Context<R extends Resource> {

  private final List<WeakReference<R>> resources = new ArrayList<>();

  /** Those that were called before the checkpoint: they and no others come back after it. */
  private List<R> stopped = List.of();

  Context() {}

  /**
   * Adds a resource to every later checkpoint.
   *
   * @param resource held weakly
   */
  public void register(R resource) {
    synchronized (resources) {
      resources.removeIf(reference -> reference.get() == null);
      resources.add(new WeakReference<>(resource));
    }
  }

  List<Throwable> beforeCheckpoint() {
    stopped = live();
    List<R> reverse = new ArrayList<>(stopped);
    Collections.reverse(reverse);
    List<Throwable> failures = new ArrayList<>();
    for (R resource : reverse) {
      try {
        resource.beforeCheckpoint(this);
      } catch (Throwable e) {
        failures.addAll(each(e));
      }
    }
    return failures;
  }

  List<Throwable> afterRestore() {
    List<Throwable> failures = new ArrayList<>();
    List<R> back = stopped;
    stopped = List.of();
    for (R resource : back) {
      try {
        resource.afterRestore(this);
      } catch (Throwable e) {
        failures.addAll(each(e));
      }
    }
    return failures;
  }

  private List<R> live() {
    List<R> live = new ArrayList<>();
    synchronized (resources) {
      for (WeakReference<R> reference : resources) {
        R resource = reference.get();
        if (resource != null) {
          live.add(resource);
        }
      }
    }
    return live;
  }

  /**
   * A resource that is itself a collection of resources reports each of its failures as suppressed.
   */
  private static List<Throwable> each(Throwable e) {
    boolean collects =
        e instanceof org.crac.CheckpointException || e instanceof org.crac.RestoreException;
    return collects && e.getMessage() == null && e.getSuppressed().length > 0
        ? List.of(e.getSuppressed())
        : List.of(e);
  }
}
