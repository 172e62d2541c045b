/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket by which jcmd and jstack reach this JVM, which it makes when the first of them comes.
 * HotSpot binds it to one name and renames the file then; CRIU binds it to the first name again. A
 * JVM that finds the file gone at a QUIT waits for a tool from then on, and answers neither.
 */
public final class AttachSocket {

  private static final Logger LOG = LoggerFactory.getLogger(AttachSocket.class);

  private AttachSocket() {}

  /** After a restore: gives the file the name that the tools look for. */
  public static void putBack() throws IOException {
    // HotSpot's own folder: it does not heed java.io.tmpdir.
    Path file = Path.of("/tmp", ".java_pid" + ProcessHandle.current().pid());
    Path bound = file.resolveSibling(file.getFileName() + ".tmp");
    if (!Files.exists(bound) || !isOwn(bound)) {
      return; // another user's, left there by a process that had this PID
    }
    try {
      Files.move(bound, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      LOG.warn("jcmd and jstack cannot reach this process: {} is another user's, remove it", file);
    }
  }

  private static boolean isOwn(Path file) throws IOException {
    return Files.getOwner(file, LinkOption.NOFOLLOW_LINKS)
        .equals(Files.getOwner(Path.of("/proc/self")));
  }
}
