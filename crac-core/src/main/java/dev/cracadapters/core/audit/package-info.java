/**
 * The descriptor audit: the last look before a snapshot at what this process still holds open. Only
 * the author of an adapter, who knows what holds a descriptor open, needs these types.
 */
@NullMarked
package dev.cracadapters.core.audit;

import org.jspecify.annotations.NullMarked;
