/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A user who is not root, as whom a test that root runs starts processes, with the capabilities it
 * chooses and no others. One capability that nothing here needs is taken out of the bounding set,
 * as a container's is limited.
 *
 * @param uid its number, and its group's; there need not be a name to it
 */
public record OrdinaryUser(long uid) {

  private static final String UNUSED = "-sys_boot";
  private static final long SECONDS = 20;

  /**
   * Why a test cannot become another user here.
   *
   * @return the reason, empty when it can
   */
  public static Optional<String> impossible() {
    if (!succeeds(List.of("sh", "-c", "[ \"$(id -u)\" = 0 ]"))) {
      return Optional.of("only root can become another user");
    }
    if (!succeeds(new OrdinaryUser(65534).with("true"))) {
      return Optional.of("setpriv (util-linux) cannot start a process as another user here");
    }
    return Optional.empty();
  }

  /**
   * What starts a command as this user, who owns the pipe that is its standard input, as container
   * runtimes do it, too.
   *
   * @param capabilities such as {@code checkpoint_restore}; ambient, so that programs it starts
   *     have them, too
   * @return the words to put before the command
   */
  public String[] by(String... capabilities) {
    String own = "[ ! -p /proc/self/fd/0 ] || chown %d /proc/self/fd/0; exec \"$@\"".formatted(uid);
    return Stream.concat(Stream.of("sh", "-c", own, "user"), Stream.of(withoutPipe(capabilities)))
        .toArray(String[]::new);
  }

  /**
   * What starts a command as this user, whatever its standard input is.
   *
   * @param capabilities as above
   * @return the words to put before the command
   */
  public String[] withoutPipe(String... capabilities) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "setpriv",
                "--reuid=" + uid,
                "--regid=" + uid,
                "--clear-groups",
                "--bounding-set=" + UNUSED));
    if (capabilities.length > 0) {
      String added =
          Stream.of(capabilities).map(name -> "+" + name).collect(Collectors.joining(","));
      words.add("--inh-caps=" + added);
      words.add("--ambient-caps=" + added);
    }
    return words.toArray(String[]::new);
  }

  private List<String> with(String... command) {
    return Stream.concat(Stream.of(by()), Stream.of(command)).toList();
  }

  /**
   * Whether this user may read and execute a file.
   *
   * @param file its path
   * @return true if all folders above it may be entered, too
   */
  public boolean canUse(Path file) {
    return succeeds(with("test", "-r", file.toString(), "-a", "-x", file.toString()));
  }

  /**
   * Makes this user the owner of a file, or of a folder with all in it.
   *
   * @param path which
   * @throws IOException if the command chown cannot be started
   */
  public void give(Path path) throws IOException {
    if (!succeeds(List.of("chown", "-R", uid + ":" + uid, path.toString()))) {
      throw new IOException(path + " cannot be given to the user " + uid);
    }
  }

  /**
   * The CRIU of this machine, or a copy of it, where this user can run it.
   *
   * @return the command
   * @throws IOException if it cannot be copied
   */
  public Path criu() throws IOException {
    Path criu = WorkingCriu.here().path().toRealPath();
    if (canUse(criu)) {
      return criu;
    }
    Path unpacked = criu.getParent().getParent();
    if (!Files.isDirectory(unpacked.resolve("root"))) {
      throw new IOException("The user " + uid + " cannot run " + criu);
    }
    return EveryonesCopy.of(unpacked).resolve("bin").resolve(criu.getFileName());
  }

  private static boolean succeeds(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      process.getOutputStream().close();
      return process.waitFor(SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false; // there is no such command
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
