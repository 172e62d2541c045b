/**
 * The engines that take the snapshot between the walk down and the walk up, and the interface for
 * others. Applications choose one by name ({@code crac.engine}); only the author of an engine needs
 * these types.
 */
@NullMarked
package dev.cracadapters.core.engine;

import org.jspecify.annotations.NullMarked;
