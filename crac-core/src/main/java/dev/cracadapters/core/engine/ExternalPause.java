/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.Registration;
import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.core.WalkThreads;
import dev.cracadapters.core.support.SignalHandling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The wait for something outside that takes a snapshot: it begins with a ready file and ends by a
 * signal or a file. It polls, and looks without opening: a watch of the folder would be a
 * descriptor that a snapshot has to hold.
 */
final class ExternalPause {

  private static final Logger LOG = LoggerFactory.getLogger(ExternalPause.class);

  /** Where the signs of a restore come from. */
  interface SignSource {
    RestoreSigns take() throws IOException;
  }

  private final PauseSettings settings;
  private final SignSource signSource;

  ExternalPause(PauseSettings settings) {
    this(settings, RestoreSigns::now);
  }

  ExternalPause(PauseSettings settings, SignSource signSource) {
    this.settings = settings;
    this.signSource = signSource;
  }

  /** What can be found out before anything is stopped. */
  Optional<RefusedException> unavailable() {
    Path folder = settings.readyFile().getParent();
    if (!Files.isWritable(folder)) {
      return Optional.of(
          new RefusedException(
              "ready file " + settings.readyFile(),
              "it cannot be written into its folder",
              "name a file in a writable folder by crac.pause.ready-file"));
    }
    Path go = settings.goFile();
    if (go != null && Files.exists(go)) {
      return Optional.of(
          new RefusedException(
              "go file " + go,
              "it is there already, so that nobody could take a snapshot",
              "delete it, and write it when the snapshot is taken"));
    }
    listen(() -> {}).close();
    return Optional.empty();
  }

  private Registration listen(Runnable received) {
    if (settings.signal() == null) {
      return () -> {};
    }
    try {
      return SignalHandling.handle(settings.signal(), received);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "System property crac.pause.signal is \"%s\", which this JVM cannot hear (%s); say none to do without"
              .formatted(settings.signal(), e.getMessage()),
          e);
    }
  }

  /** Returns in the restored process, or in this one when it is released. */
  Snapshot await() throws RefusedException, InterruptedException {
    try (Listening listening = new Listening()) {
      writeReadyFile();
      LOG.info(
          "Everything is down: a snapshot can be taken. {} tells how to go on",
          settings.readyFile());
      return new Snapshot(null, listening.await());
    } catch (IOException e) {
      throw new RefusedException(
          "pause", "/proc cannot be read (" + e + ")", "mount /proc for this process", e);
    }
  }

  private void writeReadyFile() throws RefusedException {
    Path file = settings.readyFile();
    try {
      ReadyFile.write(file, readyText());
    } catch (IOException e) {
      throw new RefusedException(
          "ready file " + file,
          "it cannot be written (" + e + ")",
          "name a file in a writable folder by crac.pause.ready-file",
          e);
    }
  }

  private String readyText() {
    long pid = ProcessHandle.current().pid();
    StringBuilder text = new StringBuilder();
    text.append("pid=").append(pid).append('\n');
    text.append("time=").append(Instant.now()).append('\n');
    text.append("timeout=").append(settings.describeTimeout()).append('\n');
    text.append(
        "# Everything is down: take the snapshot now. The process goes on when one of these happens:\n");
    if (settings.signal() != null) {
      text.append("signal=").append(settings.signal()).append('\n');
      text.append("#   kill -s %s %d%n".formatted(settings.signal(), pid));
    }
    Path go = settings.goFile();
    if (go != null) {
      text.append("go-file=").append(go).append('\n');
      text.append("#   this file appears: env > %1$s.new; mv %1$s.new %1$s%n".formatted(go));
    } else {
      text.append("#   the file that you read is deleted\n");
      text.append("#   the process sees that it was restored\n");
    }
    return text.toString();
  }

  /** Holds the signal while it is open. */
  private final class Listening implements AutoCloseable {

    private final RestoreSigns signs;
    private final Registration signal;
    private volatile boolean signalCame;
    private boolean restored;

    Listening() throws IOException {
      signs = signSource.take();
      Thread waiting = Thread.currentThread();
      signal =
          listen(
              () -> {
                signalCame = true;
                LockSupport.unpark(waiting);
              });
    }

    @Nullable RestoreInfo await() throws RefusedException, InterruptedException {
      boolean released = paused(() -> isReleased() || wasRestored());
      if (released && restored && !isReleased() && settings.goFile() != null) {
        // The time-out begins anew in the restored process: whoever restored it writes the go file.
        released = paused(this::isReleased);
      }
      restored = restored || signs.isRestored();
      if (!released && !restored) {
        throw new RefusedException(
            "pause",
            "nobody came within " + settings.describeTimeout(),
            "say when the snapshot is taken, as "
                + settings.readyFile()
                + " has told, or raise crac.pause.timeout"
                + (settings.holdThreads()
                    ? "; set crac.pause.hold-threads=false where a thread of this process is to say it"
                    : ""));
      }
      GoFile said = readGoFile();
      return restored || !said.saysNothing() ? said.restoreInfo() : null;
    }

    private boolean paused(Deadline.Condition<RuntimeException> end) throws InterruptedException {
      WalkThreads.pauseBegins();
      try {
        return Deadline.after(settings.timeout()).await(end);
      } finally {
        WalkThreads.pauseEnds();
      }
    }

    private boolean isReleased() {
      Path go = settings.goFile();
      return signalCame || (go == null ? !Files.exists(settings.readyFile()) : GoFile.isThere(go));
    }

    private boolean wasRestored() {
      restored = restored || (signs.noteTime() && signs.isRestored());
      return restored;
    }

    private GoFile readGoFile() throws RefusedException {
      Path go = settings.goFile();
      if (go == null || !Files.exists(go)) {
        return GoFile.EMPTY;
      }
      GoFile said;
      try {
        said = GoFile.read(go);
      } catch (IOException e) {
        throw new RefusedException(
            "go file " + go,
            "it is there, but cannot be read (" + e + ")",
            "write it so that user " + System.getProperty("user.name") + " can read it",
            e);
      }
      try {
        Files.deleteIfExists(go);
      } catch (IOException e) {
        LOG.debug("The next checkpoint will say that {} is there already", go, e);
      }
      return said;
    }

    @Override
    public void close() {
      signal.close();
    }
  }
}
