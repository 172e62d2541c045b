/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * A property whose value cannot be used. The application does not start with it: the message names
 * the property, its value, and what is allowed.
 */
public final class UnusableSettingException extends IllegalArgumentException {

  @Serial private static final long serialVersionUID = 1L;

  /** The message is one line. */
  public UnusableSettingException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * One below a prefix.
   *
   * @param prefix {@code spring.crac}, for one
   * @param refused whose message begins with the property's name below the prefix
   */
  static UnusableSettingException below(String prefix, IllegalArgumentException refused) {
    return new UnusableSettingException("Property " + prefix + '.' + refused.getMessage(), refused);
  }
}
