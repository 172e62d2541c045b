/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Spring's part in a checkpoint: finds the libraries in the application context, registers their
 * adapters and every {@code Lifecycle} bean at its phase, and takes a checkpoint when {@code POST
 * /actuator/checkpoint} asks for one.
 *
 * <p>With Spring Boot the property {@code spring.crac.enabled=true} is the switch, without it the
 * annotation {@link dev.cracadapters.spring.EnableCrac}. {@link
 * dev.cracadapters.spring.PoolAtRestore} is for an application that computes a pool's settings
 * itself. The packages below this one are internal.
 */
@NullMarked
package dev.cracadapters.spring;

import org.jspecify.annotations.NullMarked;
