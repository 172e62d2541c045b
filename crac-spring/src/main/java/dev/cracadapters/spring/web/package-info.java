/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: web servers for crac-jetty and crac-netty, their port and key store at a restore. */
@NullMarked
package dev.cracadapters.spring.web;

import org.jspecify.annotations.NullMarked;
