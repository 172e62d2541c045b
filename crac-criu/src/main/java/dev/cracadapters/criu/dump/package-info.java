/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: one dump, by a script outside the process's tree, which lies beside as resources. */
@NullMarked
package dev.cracadapters.criu.dump;

import org.jspecify.annotations.NullMarked;
