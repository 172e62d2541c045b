/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import dev.cracadapters.core.RefusedException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * System properties that cannot be read, in a class initializer. Nothing may be thrown there: the
 * class, {@code org.crac.Core} among them, would be unusable for as long as the process lives. So
 * the application goes on, a WARN says once what is wrong, and each checkpoint is refused with it.
 */
public final class UnreadableSettings {

  private static final Logger LOG = LoggerFactory.getLogger(UnreadableSettings.class);

  private static final String SUBJECT = "settings";
  private static final String REMEDY = "correct that, and start the process again";

  private static final Map<String, String> REASONS = new ConcurrentSkipListMap<>();

  private UnreadableSettings() {}

  /**
   * Reads settings.
   *
   * @param <T> the settings
   * @param of whose they are; what is read anew replaces what was said of them before
   * @param reading what reads them, and throws an {@link IllegalArgumentException} whose message
   *     names the property
   * @param otherwise what to go on with until they can be read
   * @return what was read, or {@code otherwise}
   */
  public static <T> T read(String of, Supplier<T> reading, T otherwise) {
    try {
      T read = reading.get();
      replaced(of);
      return read;
    } catch (IllegalArgumentException e) {
      String reason = String.valueOf(e.getMessage());
      if (!reason.equals(REASONS.put(of, reason))) {
        OutcomeLog.unusable(LOG, reason);
      }
      return otherwise;
    }
  }

  /**
   * Reads settings at a checkpoint.
   *
   * @param <T> the settings
   * @param reading as in {@link #read}
   * @return what was read
   * @throws RefusedException if they cannot be read
   */
  public static <T> T require(Supplier<T> reading) throws RefusedException {
    try {
      return reading.get();
    } catch (IllegalArgumentException e) {
      throw new RefusedException(SUBJECT, String.valueOf(e.getMessage()), REMEDY, e);
    }
  }

  /** Something else has taken the place of these settings: they refuse nothing any more. */
  public static void replaced(String of) {
    REASONS.remove(of);
  }

  /**
   * Refuses a checkpoint, if there are any.
   *
   * @throws RefusedException with all of them
   */
  public static void refuse() throws RefusedException {
    List<String> reasons = List.copyOf(REASONS.values());
    if (!reasons.isEmpty()) {
      throw new RefusedException(SUBJECT, String.join("; ", reasons), REMEDY);
    }
  }
}
