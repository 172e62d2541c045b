/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import dev.cracadapters.spring.context.CracConfiguration;
import dev.cracadapters.spring.context.CracRegistrar;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.context.annotation.Import;

/**
 * Makes a Spring application without Spring Boot ready for checkpoints. It stands on a {@code
 * Configuration} class and does what {@code spring.crac.enabled=true} does with Spring Boot, apart
 * from the actuator endpoint: {@code org.crac.Core.checkpointRestore()} takes the checkpoint.
 *
 * <p>The properties {@code spring.crac.*} are read from the context's {@code Environment}. {@code
 * spring.crac.enabled} is not among them: the annotation is the switch.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Import({CracRegistrar.class, CracConfiguration.class})
public @interface EnableCrac {}
