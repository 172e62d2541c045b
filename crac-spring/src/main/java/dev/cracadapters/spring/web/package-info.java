/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: Finds the web servers for crac-jetty and crac-netty, and reads their key store again
 * after a restore.
 */
@NullMarked
package dev.cracadapters.spring.web;

import org.jspecify.annotations.NullMarked;
