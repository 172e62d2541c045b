/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.demo.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * A mount namespace in which {@code /run} is a tmpfs, as with systemd: CRIU keeps there what it has
 * asked of the kernel ({@code /run/criu.kdat}), and asks again at each restore where it is none.
 */
final class RunFolder implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final long LOOK = 10_000_000;

  private final Service holder;
  private final List<String> enter;

  private RunFolder(Service holder, List<String> enter) {
    this.holder = holder;
    this.enter = enter;
  }

  /** Whether this machine's own is one, so that nothing is to be compared. */
  static boolean isTmpfs() throws IOException {
    return isTmpfs(Files.readAllLines(Path.of("/proc/self/mounts")));
  }

  static boolean isTmpfs(List<String> mounts) {
    return mounts.stream()
        .map(line -> line.split(" "))
        .filter(words -> words[1].equals("/run"))
        .reduce((first, last) -> last)
        .filter(words -> words[2].equals("tmpfs"))
        .isPresent();
  }

  /** Makes it, and has CRIU note the kernel's features once. */
  static RunFolder open(StartOptions options) throws IOException {
    Path output = options.folder().resolve("run-folder.out");
    String script =
        "mount -t tmpfs tmpfs /run && { \"$1\" check; [ -s /run/criu.kdat ]; } && echo ready $$ && exec sleep infinity";
    Service holder =
        Service.run(
            List.of("unshare", "--mount", "sh", "-c", script, "run", options.criu().toString()),
            Map.of(),
            output);
    long begin = System.nanoTime();
    while (!holder.output().contains("ready ")) {
      if (!holder.isAlive() || System.nanoTime() - begin > LIMIT.toNanos()) {
        holder.close();
        throw new IOException("No namespace with a tmpfs at /run: " + holder.output());
      }
      LockSupport.parkNanos(LOOK);
    }
    String pid = holder.output().replaceAll("(?s).*ready (\\d+).*", "$1");
    return new RunFolder(holder, List.of("nsenter", "--mount", "--target", pid));
  }

  /** The command, run in there. */
  List<String> inside(List<String> command) {
    List<String> all = new ArrayList<>(enter);
    all.addAll(command);
    return all;
  }

  @Override
  public void close() {
    holder.close();
  }
}
