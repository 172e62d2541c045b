/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

/**
 * A descriptor that stays open over a snapshot because a policy says so.
 *
 * @param descriptor what is open
 * @param action {@link PolicyAction#IGNORE} or {@link PolicyAction#REOPEN}
 */
public record CoveredDescriptor(Descriptor descriptor, PolicyAction action) {}
