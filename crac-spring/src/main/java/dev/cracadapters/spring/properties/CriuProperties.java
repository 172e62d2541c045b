/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The properties {@code spring.crac.criu.*}, null where one is not set. crac-criu itself need not
 * be there.
 *
 * @param command CRIU's command: a path, or a name that is looked for in PATH.
 * @param dumpTimeout Time for CRIU to dump the process.
 * @param restoreTimeout Time for CRIU at each restore of the image.
 * @param trim Whether the heap is made small before the dump.
 * @param map Whether a restored process maps the heap, the metaspace and the C library's arenas: on
 *     or off.
 */
@ConfigurationProperties("spring.crac.criu")
record CriuProperties(
    @Nullable String command,
    @Nullable Duration dumpTimeout,
    @Nullable Duration restoreTimeout,
    @Nullable Boolean trim,
    @Nullable String map) {}
