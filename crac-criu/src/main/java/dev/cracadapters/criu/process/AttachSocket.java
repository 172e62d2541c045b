/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.support.KernelSockets;
import dev.cracadapters.core.support.Proc;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket by which jcmd and jstack reach this JVM. HotSpot makes it when the first of them
 * comes: binds it to one name and renames the file then; CRIU binds it to the first name again. A
 * JVM that finds the file gone at a QUIT waits for a tool from then on, and answers neither.
 *
 * <p>All clones have the same PID, and so the same two names, in a folder that they share. A clone
 * has its own socket mounted on the name, where HotSpot could not put one: the kernel renames
 * nothing over a mount. So the socket is there before the dump.
 */
public final class AttachSocket {

  private static final Logger LOG = LoggerFactory.getLogger(AttachSocket.class);

  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** HotSpot's own folder: it does not heed java.io.tmpdir. */
  private static final Path FOLDER = Path.of("/tmp");

  private static final String NAME = ".java_pid";

  private AttachSocket() {}

  /**
   * Before anything is stopped: has HotSpot make the socket, unless it has, or may not. Where it
   * cannot, one WARN says so, and the tools do not reach clones.
   *
   * @param isOn whether a flag of this JVM is on
   */
  public static void listen(Predicate<String> isOn) {
    // With less use of signals it has listened since its start, or a QUIT would end it.
    if (isOn.test("DisableAttachMechanism") || isOn.test("ReduceSignalUsage")) {
      return;
    }
    try {
      Path file = file();
      if (!isMounted(file) && !isListening()) { // a clone's has another name, and still has it
        startListening(file);
      }
    } catch (IOException e) {
      LOG.warn("jcmd and jstack will not reach clones of this process: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Before a dump: gives the socket its first name as well. CRIU dumps as an ordinary user only a
   * socket that has the name it was bound to.
   *
   * @return that name, if it is there for the dump; to be removed after it
   */
  public static Optional<Path> nameForDump() throws IOException {
    Path file = file();
    if (isMounted(file) || !isListening()) {
      return Optional.empty();
    }
    Path bound = bound(file);
    try {
      Files.deleteIfExists(bound);
      return Optional.of(Files.createLink(bound, file));
    } catch (IOException | UnsupportedOperationException e) {
      LOG.debug("{} cannot be made; root's CRIU needs none", bound, e);
      return Optional.empty();
    }
  }

  /** After a restore: gives the file the name that the tools look for. */
  public static void putBack() throws IOException {
    Path file = file();
    Path bound = bound(file);
    if (isMounted(file) || !Files.exists(bound) || !isOwn(bound)) {
      return; // a clone's, or another user's, left there by a process that had this PID
    }
    try {
      Files.move(bound, file, StandardCopyOption.ATOMIC_MOVE);
      Files.deleteIfExists(bound); // the kernel leaves two names of one file alone
    } catch (FileSystemException e) {
      LOG.warn("jcmd and jstack cannot reach this process: {} is another user's, remove it", file);
    }
  }

  private static Path file() {
    return FOLDER.resolve(NAME + ProcessHandle.current().pid());
  }

  private static Path bound(Path file) {
    return file.resolveSibling(file.getFileName() + ".tmp");
  }

  /** As a tool does it: by a file and a QUIT. */
  private static void startListening(Path file) throws IOException, InterruptedException {
    Path request = FOLDER.resolve(".attach_pid" + ProcessHandle.current().pid());
    Files.deleteIfExists(request); // another user's would not count
    Files.createFile(request);
    try {
      quit();
      if (!Deadline.after(LIMIT).await(() -> Files.exists(file) && isListening())) {
        throw new IOException("it does not make " + file);
      }
    } finally {
      Files.deleteIfExists(request);
    }
  }

  /** By a shell: Java sends itself only signals that it handles, and HotSpot handles this one. */
  private static void quit() throws IOException, InterruptedException {
    String pid = Long.toString(ProcessHandle.current().pid());
    Process shell =
        new ProcessBuilder("sh", "-c", "kill -s QUIT \"$1\"", "crac-quit", pid)
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!shell.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS) || shell.exitValue() != 0) {
      shell.destroyForcibly();
      throw new IOException("sh could not send a QUIT to " + pid);
    }
  }

  /** Whether a socket of such a name is one of this process's descriptors. */
  private static boolean isListening() {
    try {
      Set<String> inodes = new HashSet<>();
      for (KernelSockets.UnixSocket socket : KernelSockets.unix()) {
        if (socket.path().startsWith(FOLDER.resolve(NAME).toString())) {
          inodes.add(socket.inode());
        }
      }
      for (int number : inodes.isEmpty() ? Set.<Integer>of() : Proc.self().descriptors()) {
        Optional<String> inode = Proc.self().target(number).flatMap(KernelSockets::inode);
        if (inode.filter(inodes::contains).isPresent()) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false; // then a tool makes it listen, as always
    }
  }

  private static boolean isMounted(Path file) throws IOException {
    String point = " " + file + " ";
    return Proc.self().lines("mountinfo").stream().anyMatch(line -> line.contains(point));
  }

  /** Looks as {@link #putBack} does, so that this has run once. */
  public static void rehearse() throws IOException {
    isOwn(Path.of("/proc/self"));
  }

  private static boolean isOwn(Path file) throws IOException {
    return Files.getOwner(file, LinkOption.NOFOLLOW_LINKS)
        .equals(Files.getOwner(Path.of("/proc/self")));
  }
}
