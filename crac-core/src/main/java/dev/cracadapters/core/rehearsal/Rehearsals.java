/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.rehearsal;

import dev.cracadapters.core.CheckpointReport.Rehearsal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The rehearsals of one checkpoint: which there were, and whether another is worth its time. Code
 * that has run once comes up several times as fast, and what it has loaded and compiled is part of
 * the image.
 *
 * <p>{@code auto} goes on while the walk up gets faster, by a tenth and by a millisecond at least:
 * once at least, five times at most, and no longer than twenty seconds, but for the first.
 */
public final class Rehearsals {

  /** The setting's value for as many as are worth it, and none where callers wait. */
  public static final String AUTO = "auto";

  /** YAML reads an {@code off} without quotes as the second. */
  private static final Set<String> OFF = Set.of("off", "false");

  private static final int MAX_AUTO = 5;
  private static final long MAX_AUTO_NANOS = Duration.ofSeconds(20).toNanos();
  private static final long MIN_GAIN_MILLIS = 1;

  private final boolean auto;
  private final int asked;
  private final LongSupplier clock;
  private final long began;
  private final List<Rehearsal> done = new ArrayList<>();

  /**
   * Those of a checkpoint that begins now.
   *
   * @param setting {@code auto}, {@code off}, or a number
   * @param byAuto whether {@code auto} rehearses this checkpoint
   * @throws IllegalArgumentException if it is none of these
   */
  public Rehearsals(String setting, boolean byAuto) {
    this(setting, byAuto, System::nanoTime);
  }

  Rehearsals(String setting, boolean byAuto, LongSupplier clock) {
    int number = number(setting);
    this.auto = number < 0 && byAuto;
    this.asked = Math.max(number, 0);
    this.clock = clock;
    this.began = clock.getAsLong();
  }

  /**
   * Checks a setting.
   *
   * @throws IllegalArgumentException if it is neither {@code auto} nor {@code off} nor a number
   */
  public static void check(String setting) {
    number(setting);
  }

  /** Below zero for {@code auto}. */
  private static int number(String setting) {
    String value = setting.strip().toLowerCase(Locale.ROOT);
    if (value.equals(AUTO)) {
      return -1;
    }
    try {
      int number = OFF.contains(value) ? 0 : Integer.parseInt(value);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // as a number below zero
    }
    throw new IllegalArgumentException(
        "rehearse is \"%s\", which is not auto, off or a number of rehearsals".formatted(setting));
  }

  /** {@return whether there is to be another one} */
  public boolean needAnother() {
    if (!auto) {
      return done.size() < asked;
    }
    return done.isEmpty() || (done.size() < MAX_AUTO && hasTime() && getFaster());
  }

  /** Whether one more ends in time, if it takes as long as those before. */
  private boolean hasTime() {
    long spent = clock.getAsLong() - began;
    return spent + spent / done.size() <= MAX_AUTO_NANOS;
  }

  private boolean getFaster() {
    long last = done.get(done.size() - 1).upMillis();
    long fastest =
        done.stream().limit(done.size() - 1).mapToLong(Rehearsal::upMillis).min().orElse(-1);
    return last > MIN_GAIN_MILLIS && (fastest < 0 || last * 10 <= fastest * 9);
  }

  /**
   * Notes one.
   *
   * @param rehearsal what it took
   */
  public void add(Rehearsal rehearsal) {
    done.add(rehearsal);
  }

  /** {@return those that there were, the first one first} */
  public List<Rehearsal> all() {
    return List.copyOf(done);
  }
}
