/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.context.SmartLifecycle;

/** Writes down when it is started and stopped, into a list that it shares with others. */
class RecordingBean implements SmartLifecycle {

  /** What all beans and resources of a test did, in order. */
  static final class Events {
    final List<String> list = new CopyOnWriteArrayList<>();
  }

  private final Events events;
  private final String name;
  private final int phase;
  private volatile boolean running;

  RecordingBean(Events events, String name, int phase) {
    this.events = events;
    this.name = name;
    this.phase = phase;
  }

  @Override
  public void start() {
    events.list.add("start " + name);
    running = true;
  }

  @Override
  public void stop() {
    events.list.add("stop " + name);
    running = false;
  }

  /** As a bean that could not be stopped. */
  final void setRunning() {
    running = true;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return phase;
  }
}
