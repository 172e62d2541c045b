/** Internal: the addresses that a bootstrap has bound are given up and bound again. */
@NullMarked
package dev.cracadapters.netty.listen;

import org.jspecify.annotations.NullMarked;
