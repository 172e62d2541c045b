/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import dev.cracadapters.core.RefusedException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Does what a test says. Its rank is so low that nobody gets it who does not name it. */
public final class ScriptedEngine implements CheckpointEngine {

  public static final String NAME = "scripted";

  /** What a checkpoint does. */
  public interface Script {
    Snapshot checkpoint(CheckpointRequest request) throws RefusedException, InterruptedException;
  }

  private static volatile Script script = request -> new Snapshot(null, null);
  private static volatile @Nullable RefusedException reason;
  private static volatile Consumer<String> steps = step -> {};

  private static volatile boolean isWorthRehearsing;

  public static void does(Script newScript) {
    script = newScript;
    reason = null;
    isWorthRehearsing = false;
  }

  /** As {@link #does}; it is one whose checkpoints are rehearsed where nothing else is said. */
  public static void doesRehearsed(Script newScript) {
    does(newScript);
    isWorthRehearsing = true;
  }

  /** Is told what is asked of the engine: {@code unavailable}, {@code rehearse}, {@code backUp}. */
  public static void at(Consumer<String> listener) {
    steps = listener;
  }

  public static void isUnavailable(RefusedException newReason) {
    reason = newReason;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int rank() {
    return Integer.MIN_VALUE;
  }

  @Override
  public Optional<RefusedException> unavailable(CheckpointRequest request) {
    steps.accept("unavailable");
    return Optional.ofNullable(reason);
  }

  @Override
  public void rehearse() {
    steps.accept("rehearse");
  }

  @Override
  public boolean isWorthRehearsing() {
    return isWorthRehearsing;
  }

  @Override
  public Snapshot checkpoint(CheckpointRequest request)
      throws RefusedException, InterruptedException {
    return script.checkpoint(request);
  }

  @Override
  public void backUp() {
    steps.accept("backUp");
  }
}
