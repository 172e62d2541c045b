/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: What the adapters of all libraries share: how one finds what it is for, and how a
 * resource is registered once.
 */
@NullMarked
package dev.cracadapters.spring.adapter;

import org.jspecify.annotations.NullMarked;
