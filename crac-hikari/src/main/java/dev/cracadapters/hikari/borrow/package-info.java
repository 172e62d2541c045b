/** Internal: which thread has borrowed which connection, and since when. */
@NullMarked
package dev.cracadapters.hikari.borrow;

import org.jspecify.annotations.NullMarked;
