/**
 * The walk that {@code ./demo} shows: the example service is started, called, checkpointed under
 * load, restored, and restored twice at the same time, and each time everything it does is checked
 * from outside. The classes that start, restore and call a service serve the real-process tests of
 * this module, too.
 */
@NullMarked
package dev.cracadapters.demo;

import org.jspecify.annotations.NullMarked;
