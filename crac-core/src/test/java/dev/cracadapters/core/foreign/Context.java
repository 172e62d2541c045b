/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.foreign;

import java.util.ArrayList;
import java.util.List;

public final class Context<R extends Resource> {

  private final List<R> resources = new ArrayList<>();

  public void register(R resource) {
    resources.add(resource);
  }

  public void beforeCheckpoint() throws Exception {
    for (int i = resources.size() - 1; i >= 0; i--) {
      resources.get(i).beforeCheckpoint(this);
    }
  }

  public void afterRestore() throws Exception {
    for (R resource : resources) {
      resource.afterRestore(this);
    }
  }
}
