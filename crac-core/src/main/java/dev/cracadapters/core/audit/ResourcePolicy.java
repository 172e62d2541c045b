/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

/**
 * One rule of a policies file.
 *
 * @param action what is done with a descriptor that it matches
 * @param warn whether that is worth a line in the log each time
 * @param where the file and the lines, for messages
 * @param matcher which descriptors it is for
 */
record ResourcePolicy(PolicyAction action, boolean warn, String where, PolicyMatcher matcher) {}
