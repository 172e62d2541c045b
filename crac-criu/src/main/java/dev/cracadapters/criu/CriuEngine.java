/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.CoveredDescriptor;
import dev.cracadapters.core.engine.CheckpointEngine;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.core.engine.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Takes the snapshot with CRIU, on a stock JDK.
 *
 * <p><b>At a checkpoint</b> the heap is trimmed, this process is dumped into the image folder, and
 * ends when the image is whole. <b>At a restore</b>, by {@code IMAGE/restore}, it goes on in {@link
 * #checkpoint}, each time as another process. <b>On failure</b> nothing is left in the image folder
 * but what was there before, an older image included, and the process goes on.
 *
 * <p>System properties: {@code crac.criu} names the criu command (otherwise the one in {@code PATH}
 * is taken), {@code crac.criu.dump-timeout} (default 120 s) and {@code crac.criu.restore-timeout}
 * (default 60 s) bound CRIU's calls, and {@code crac.criu.trim=false} keeps the heap as it is.
 *
 * <p>An image holds the process's whole memory, secrets included: its folder is readable by the
 * owner alone.
 */
public final class CriuEngine implements CheckpointEngine {

  /** The process's: the engine that is asked for the next checkpoint is another instance. */
  private static final Lifeline LIFELINE = new Lifeline();

  /** As the restore script ends when it could not restore. */
  private static final int LOST = 125;

  private static final long LOST_SECONDS = 30;

  /** For {@link java.util.ServiceLoader}. */
  public CriuEngine() {}

  @Override
  public String name() {
    return "criu";
  }

  @Override
  public int rank() {
    return 100;
  }

  @Override
  public Optional<RefusedException> unavailable(CheckpointRequest request) {
    try {
      CriuCommand.find(CriuSettings.fromSystemProperties().command()).check();
      ImageFolder.of(request.image()).checkWritable();
      LIFELINE.release(); // before the audit, which would refuse it
      return Optional.empty();
    } catch (RefusedException e) {
      return Optional.of(e);
    }
  }

  @Override
  public Optional<String> cannotKeep(CoveredDescriptor covered) {
    return CoveredFiles.whyNot(covered);
  }

  @Override
  public Snapshot checkpoint(CheckpointRequest request)
      throws RefusedException, InterruptedException {
    CriuSettings settings = CriuSettings.fromSystemProperties();
    CriuCommand criu = CriuCommand.find(settings.command());
    ImageFolder image = ImageFolder.of(request.image());
    HeapTrim trim = settings.trim() ? HeapTrim.now() : HeapTrim.none();
    Path staging = image.stage();
    boolean gone = false;
    try {
      Restored restored = dump(request, settings, criu, staging);
      gone = true; // the staging folder was the original process's business
      return new Snapshot(
          new CheckpointReport.Image(restored.image(), restored.bytes()), restored.info());
    } catch (IOException e) {
      throw image.unwritable(e);
    } finally {
      if (!gone) {
        image.discard(staging);
      }
      trim.putBack();
    }
  }

  private Restored dump(
      CheckpointRequest request, CriuSettings settings, CriuCommand criu, Path staging)
      throws IOException, RefusedException, InterruptedException {
    try (Mailbox mailbox = Mailbox.in(staging)) {
      DumpScripts.write(staging, request, settings, criu, mailbox);
      Restored restored;
      Listeners listeners = Listeners.setAside(request.covered());
      try {
        DumpScripts.start(staging);
        restored = mailbox.await(settings, staging);
      } catch (IOException | RefusedException | InterruptedException | RuntimeException e) {
        putBackInOriginal(listeners, e);
        throw e;
      }
      comeBack(restored, listeners);
      LIFELINE.hold(restored.lifeline(), restored.events());
      return restored;
    }
  }

  private static void putBackInOriginal(Listeners listeners, Exception failure) {
    try {
      listeners.putBack(true);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** What the snapshot could not keep, before anybody is called back who may use it. */
  private static void comeBack(Restored restored, Listeners listeners)
      throws IOException, InterruptedException {
    try {
      listeners.putBack(false);
      StaleFiles.guard(restored.stale());
    } catch (IOException e) {
      // A service that nobody reaches is none: the restore script says why, and ends this process.
      String words = "lost " + String.valueOf(e.getMessage()).replace('\n', ' ') + "\n";
      Files.writeString(restored.events(), words, StandardOpenOption.WRITE);
      new CountDownLatch(1).await(LOST_SECONDS, TimeUnit.SECONDS);
      Runtime.getRuntime().halt(LOST);
    }
  }
}
