/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.crac;

import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/**
 * The global context: what was registered, in that order. As on a CRaC JDK resources are held
 * weakly. The coordinator calls them.
 *
 * @param <R> what it holds
 */
public final class Context<R extends Resource> {

  private final List<WeakReference<R>> resources = new ArrayList<>();

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

  /** Those that are there now, as they were registered with {@code org.crac}. */
  List<org.crac.Resource> live() {
    List<org.crac.Resource> live = new ArrayList<>();
    synchronized (resources) {
      for (WeakReference<R> reference : resources) {
        R resource = reference.get();
        if (resource != null) {
          live.add(unwrap(resource));
        }
      }
    }
    return live;
  }

  /**
   * {@code org.crac} registers a proxy, whose handler is a weak reference to the resource. Without
   * the proxy a report has the resource's own class.
   */
  private org.crac.Resource unwrap(R resource) {
    if (Proxy.isProxyClass(resource.getClass())) {
      InvocationHandler handler = Proxy.getInvocationHandler(resource);
      if (handler instanceof Reference<?> weak && weak.get() instanceof org.crac.Resource own) {
        return own;
      }
    }
    return new AsOneOfOrgCrac(resource);
  }

  /** Any other, such as one of an org.crac that wraps in another way. */
  private final class AsOneOfOrgCrac implements org.crac.Resource {

    private final R resource;

    AsOneOfOrgCrac(R resource) {
      this.resource = resource;
    }

    @Override
    public void beforeCheckpoint(org.crac.Context<? extends org.crac.Resource> context)
        throws Exception {
      resource.beforeCheckpoint(Context.this);
    }

    @Override
    public void afterRestore(org.crac.Context<? extends org.crac.Resource> context)
        throws Exception {
      resource.afterRestore(Context.this);
    }
  }
}
