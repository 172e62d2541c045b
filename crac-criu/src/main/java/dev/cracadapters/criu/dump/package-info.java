/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/**
 * Internal: one dump, by a script that works outside the process's tree. The script and its parts
 * lie beside these classes as resources.
 */
@NullMarked
package dev.cracadapters.criu.dump;

import org.jspecify.annotations.NullMarked;
