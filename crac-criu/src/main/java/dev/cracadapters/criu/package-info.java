/**
 * A checkpoint engine for stock JDKs: the process is dumped by CRIU into an image folder, and
 * {@code IMAGE/restore}, a shell script, restores it as often as one likes. Being on the class path
 * is enough; see {@link dev.cracadapters.criu.CriuEngine} for its settings.
 */
@NullMarked
package dev.cracadapters.criu;

import org.jspecify.annotations.NullMarked;
