/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.failure;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Counts the steps of a walk, and throws at one of them. */
final class Faults {

  /** What may be thrown anywhere. */
  enum Kind {
    EXCEPTION(IllegalStateException::new),
    OUT_OF_MEMORY(OutOfMemoryError::new);

    private final Function<String, Throwable> maker;

    Kind(Function<String, Throwable> maker) {
      this.maker = maker;
    }
  }

  private final List<String> steps = new CopyOnWriteArrayList<>();
  private int failing = -1;
  private @Nullable String failingName;
  private Kind kind = Kind.EXCEPTION;
  private volatile @Nullable Throwable thrown;

  /** From now on the steps are counted anew, and the one of this number fails; none if negative. */
  void begin(int number, Kind how) {
    steps.clear();
    thrown = null;
    kind = how;
    failing = number;
    failingName = null;
  }

  /** The first step of this name fails: what is done side by side has no number. */
  void begin(String name, Kind how) {
    begin(-1, how);
    failingName = name;
  }

  void step(String name) {
    int number;
    synchronized (this) {
      number = steps.size();
      steps.add(name);
      if (name.equals(failingName)) {
        failing = number;
        failingName = null;
      }
    }
    if (number == failing) {
      Throwable fault = kind.maker.apply(name);
      thrown = fault;
      Faults.<RuntimeException>sneak(fault);
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable fault) throws T {
    throw (T) fault;
  }

  /** The steps so far. */
  List<String> steps() {
    return List.copyOf(steps);
  }

  @Nullable Throwable thrown() {
    return thrown;
  }
}
