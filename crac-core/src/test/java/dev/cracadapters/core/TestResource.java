/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.util.List;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;

/** A resource that writes into a list that it was called, and then does what the test says. */
class TestResource implements PhasedResource {

  interface Body {
    void run() throws Exception;
  }

  private final String name;
  private final int phase;
  private final List<String> calls;
  private volatile Body down = () -> {};
  private volatile Body up = () -> {};

  TestResource(String name, int phase, List<String> calls) {
    this.name = name;
    this.phase = phase;
    this.calls = calls;
  }

  TestResource onDown(Body body) {
    down = body;
    return this;
  }

  TestResource onUp(Body body) {
    up = body;
    return this;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int phase() {
    return phase;
  }

  @Override
  public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
    calls.add("down " + name);
    down.run();
  }

  @Override
  public void afterRestore(Context<? extends Resource> context) throws Exception {
    calls.add("up " + name);
    up.run();
  }

  /** One that goes side by side with its kind, and writes into the list that it was told so. */
  static class Side extends TestResource implements SideBySideResource {

    private final List<String> calls;
    private Body whenTold = () -> {};
    private @Nullable SideBySideGroup group;

    Side(String name, int phase, List<String> calls) {
      super(name, phase, calls);
      this.calls = calls;
    }

    Side onTold(Body body) {
      whenTold = body;
      return this;
    }

    /** The group of the last walk. */
    @Nullable SideBySideGroup group() {
      return group;
    }

    @Override
    public void goesDownWith(SideBySideGroup group) throws Exception {
      this.group = group;
      calls.add(
          "tell " + name() + ' ' + group.members().stream().map(PhasedResource::name).toList());
      whenTold.run();
    }
  }
}
