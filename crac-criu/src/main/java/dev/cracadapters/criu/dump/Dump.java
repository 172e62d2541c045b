/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.core.engine.Snapshot;
import dev.cracadapters.criu.CriuSettings;
import dev.cracadapters.criu.environment.LiveEnvironment;
import dev.cracadapters.criu.image.ImageFolder;
import dev.cracadapters.criu.installation.CriuCommand;
import dev.cracadapters.criu.memory.ResidentMemory;
import dev.cracadapters.criu.policy.Listeners;
import dev.cracadapters.criu.policy.StaleFiles;
import dev.cracadapters.criu.process.AttachSocket;
import dev.cracadapters.criu.process.Lifeline;
import dev.cracadapters.criu.process.PerfData;
import dev.cracadapters.criu.protocol.Event;
import dev.cracadapters.criu.protocol.Mail;
import dev.cracadapters.criu.protocol.Mailbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One dump: what the process does before it, and what it does first when it is back. */
public record Dump(
    CheckpointRequest request, CriuSettings settings, CriuCommand criu, ImageFolder image) {

  private static final Logger LOG = LoggerFactory.getLogger(Dump.class);

  /** With which the restore script ends, too, where it could not restore. */
  private static final int NOT_RESTORED = 125;

  private static final long KILL_WAIT_SECONDS = 30;

  /** Returns in a restored process, and in one that was left running. */
  public Snapshot run(long trimMillis, Lifeline lifeline)
      throws RefusedException, InterruptedException {
    Path staging = image.stage();
    boolean gone = false;
    Optional<Path> attachName = Optional.empty();
    try (Mailbox mailbox = Mailbox.in(staging)) {
      LiveEnvironment.prepare();
      attachName = AttachSocket.nameForDump();
      DumpScripts.write(staging, request, settings, criu, mailbox, trimMillis, attachName);
      LOG.info("Dumping {} MB of memory to {}", ResidentMemory.bytes() >> 20, staging.getParent());
      String perfData = PerfData.path();
      Mail mail = mailOverTheDump(staging, mailbox);
      gone = true; // the scripts have removed the staging folder, or moved it
      AttachSocket.putBack();
      if (mail instanceof Mail.Restored restored) {
        PerfData.putBack(perfData);
        restored.environment().apply();
        lifeline.hold(restored.lifeline());
        Event.UP.sendTo(restored.events());
        return new Snapshot(restored.image(), restored.info());
      }
      return new Snapshot(((Mail.Imaged) mail).image(), null);
    } catch (IOException e) {
      throw image.unwritable(e);
    } finally {
      if (!gone) {
        discard(staging);
        removed(attachName);
      }
    }
  }

  private static void removed(Optional<Path> attachName) {
    try {
      if (attachName.isPresent()) {
        Files.deleteIfExists(attachName.get());
      }
    } catch (IOException e) {
      LOG.warn("{} cannot be removed", attachName.get(), e);
    }
  }

  /** Until there is mail, in whichever process: {@link Mail.Imaged} or {@link Mail.Restored}. */
  private Mail mailOverTheDump(Path staging, Mailbox mailbox)
      throws IOException, RefusedException, InterruptedException {
    Listeners listeners = Listeners.setAside(request.covered());
    Mail mail;
    try {
      DumpScripts.start(staging);
      mail = mailbox.await(settings, staging);
      if (mail instanceof Mail.Failed failed) {
        throw DumpFailure.of(failed.reason(), staging);
      }
    } catch (IOException | RefusedException | InterruptedException | RuntimeException e) {
      try {
        listeners.putBack(true);
      } catch (IOException lost) {
        e.addSuppressed(lost);
      }
      throw e;
    }
    if (mail instanceof Mail.Restored restored) {
      putBackInRestored(restored, listeners);
    } else {
      listeners.putBack(true);
    }
    return mail;
  }

  /** What the snapshot could not keep, before any resource comes back and may use it. */
  private static void putBackInRestored(Mail.Restored restored, Listeners listeners)
      throws IOException, InterruptedException {
    try {
      listeners.putBack(false);
      StaleFiles.guard(restored.stale());
    } catch (IOException e) {
      // A service that nobody can reach is no service. The restore script says why, and ends this.
      Event.lost(String.valueOf(e.getMessage())).sendTo(restored.events());
      new CountDownLatch(1).await(KILL_WAIT_SECONDS, TimeUnit.SECONDS);
      Runtime.getRuntime().halt(NOT_RESTORED);
    }
  }

  /** A folder that cannot be removed must not hide why there is no image. */
  private static void discard(Path staging) {
    try {
      ImageFolder.discard(staging);
    } catch (UncheckedIOException e) {
      LOG.warn("{} cannot be removed, and may hold memory of this process: remove it", staging, e);
    }
  }
}
