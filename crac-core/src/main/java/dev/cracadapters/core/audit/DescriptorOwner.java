/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import java.util.Optional;

/** Knows what holds a descriptor open, and what would have closed it. */
@FunctionalInterface
public interface DescriptorOwner {

  /**
   * {@return what holds a descriptor and what the user can do, as a sentence without its full stop
   * ("a connection of HikariPool-1: add crac-hikari"), empty when it is not known}
   *
   * @param descriptor the descriptor in the way
   */
  Optional<String> remedy(Descriptor descriptor);
}
