/**
 * Listening again: the sockets open first, accept last, and say who has a taken port. For adapters.
 */
@NullMarked
package dev.cracadapters.core.listen;

import org.jspecify.annotations.NullMarked;
