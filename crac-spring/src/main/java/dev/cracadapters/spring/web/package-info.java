/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: finds the web servers for crac-jetty and crac-netty. Moves Boot's own to the port that
 * a restore asks for, and reads its key store again.
 */
@NullMarked
package dev.cracadapters.spring.web;

import org.jspecify.annotations.NullMarked;
