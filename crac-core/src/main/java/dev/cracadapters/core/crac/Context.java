/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.crac;

import dev.cracadapters.core.support.Failures;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

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
    return call(reverse, resource -> resource.beforeCheckpoint(this));
  }

  List<Throwable> afterRestore() {
    List<R> back = stopped;
    stopped = List.of();
    return call(back, resource -> resource.afterRestore(this));
  }

  private interface Call<R> {
    void on(R resource) throws Exception;
  }

  private static <R> List<Throwable> call(List<R> resources, Call<R> call) {
    List<Throwable> failures = new ArrayList<>();
    for (R resource : resources) {
      try {
        call.on(resource);
      } catch (Throwable e) { // a resource that is itself a collection carries several
        failures.addAll(Failures.carriedBy(e));
      }
    }
    return failures;
  }

  private List<R> live() {
    synchronized (resources) {
      return resources.stream().map(WeakReference::get).filter(Objects::nonNull).toList();
    }
  }
}
