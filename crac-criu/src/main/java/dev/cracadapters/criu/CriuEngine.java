/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.CoveredDescriptor;
import dev.cracadapters.core.engine.CheckpointEngine;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.core.engine.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the snapshot with CRIU, on a stock JDK.
 *
 * <p><b>At a checkpoint</b> the heap is trimmed, this process is dumped into the image folder, and
 * ends when the image is whole; asked to, it goes on instead. <b>At a restore</b>, by {@code
 * IMAGE/restore}, it goes on in {@link #checkpoint}, each time as another process. <b>On
 * failure</b> nothing is left in the image folder but what was there before, an older image
 * included, and the process goes on.
 *
 * <p>System properties: {@code crac.criu} names the criu command (otherwise the one in {@code PATH}
 * is taken), {@code crac.criu.dump-timeout} (default 120 s) and {@code crac.criu.restore-timeout}
 * (default 60 s) bound CRIU's calls, and {@code crac.criu.trim=false} keeps the heap as it is.
 *
 * <p>An image holds the process's whole memory, secrets included: its folder is readable by the
 * owner alone.
 */
public final class CriuEngine implements CheckpointEngine {

  private static final Logger LOG = LoggerFactory.getLogger(CriuEngine.class);

  /** The process's: the engine that is asked for the next checkpoint is another instance. */
  private static final Lifeline LIFELINE = new Lifeline();

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
      OwnSession.check();
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
    try (HeapTrim trim = new HeapTrim()) {
      if (settings.trim()) {
        trim.run();
      }
      Restored restored = dump(request, settings, criu, image, trim);
      return new Snapshot(
          new CheckpointReport.Image(restored.image(), restored.bytes(), restored.parts()),
          restored.info());
    }
  }

  private Restored dump(
      CheckpointRequest request,
      CriuSettings settings,
      CriuCommand criu,
      ImageFolder image,
      HeapTrim trim)
      throws RefusedException, InterruptedException {
    Path staging = image.stage();
    boolean gone = false;
    try {
      try (Mailbox mailbox = Mailbox.in(staging)) {
        LiveEnvironment.reach();
        DumpScripts.write(staging, request, settings, criu, mailbox, trim.millis());
        LOG.info(
            "Dumping {} MB of memory to {}", ResidentMemory.bytes() >> 20, staging.getParent());
        String perfData = PerfData.path();
        DumpScripts.start(staging);
        Restored restored = mailbox.await(settings, staging);
        gone = true; // the staging folder was the original process's business
        StaleFiles.guard(restored.stale()); // before anybody is called back who may use one
        AttachSocket.putBack();
        PerfData.putBack(perfData);
        if (restored.world() != null) {
          restored.world().enter();
        }
        if (restored.lifeline() != null && restored.events() != null) {
          LIFELINE.hold(restored.lifeline(), restored.events());
        }
        return restored;
      }
    } catch (IOException e) {
      throw image.unwritable(e);
    } finally {
      if (!gone) {
        discard(image, staging);
      }
    }
  }

  /** What cannot be removed is no reason to hide why there is no image. */
  private static void discard(ImageFolder image, Path staging) {
    try {
      image.discard(staging);
    } catch (UncheckedIOException e) {
      LOG.warn("{} cannot be removed, and may hold memory of this process: remove it", staging, e);
    }
  }
}
