/**
 * What every adapter stands on: resources in phases, the coordinator that walks them, the report of
 * a walk, and what a restored process knows of its restore.
 *
 * <p>Application code needs nothing of this package with Spring. Without Spring it needs one line a
 * library: {@code CheckpointCoordinator.global().register(HikariResource.of(dataSource))}.
 */
@NullMarked
package dev.cracadapters.core;

import org.jspecify.annotations.NullMarked;
