/**
 * Jetty at a checkpoint: requests in flight finish, the listening sockets and the connections are
 * closed, and the sockets are opened again after the restore. The web application is not restarted.
 *
 * <p>Way in: {@link dev.cracadapters.jetty.JettyResource}.
 */
@NullMarked
package dev.cracadapters.jetty;

import org.jspecify.annotations.NullMarked;
