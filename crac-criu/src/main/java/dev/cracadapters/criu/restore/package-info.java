/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
/** Internal: the script {@code IMAGE/restore}. Its parts lie beside these classes as resources. */
@NullMarked
package dev.cracadapters.criu.restore;

import org.jspecify.annotations.NullMarked;
