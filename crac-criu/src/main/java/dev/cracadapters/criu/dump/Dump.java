/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.WalkThreads;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.core.engine.Snapshot;
import dev.cracadapters.criu.CriuSettings;
import dev.cracadapters.criu.environment.LiveEnvironment;
import dev.cracadapters.criu.environment.RestoreEnvironment;
import dev.cracadapters.criu.image.ImageFolder;
import dev.cracadapters.criu.image.ProcessorCount;
import dev.cracadapters.criu.installation.CriuCommand;
import dev.cracadapters.criu.memory.HeapTrim;
import dev.cracadapters.criu.memory.ResidentMemory;
import dev.cracadapters.criu.policy.Listeners;
import dev.cracadapters.criu.policy.StaleFiles;
import dev.cracadapters.criu.process.AttachSocket;
import dev.cracadapters.criu.process.DeadSockets;
import dev.cracadapters.criu.process.Lifeline;
import dev.cracadapters.criu.process.PerfData;
import dev.cracadapters.criu.protocol.DumpProcesses;
import dev.cracadapters.criu.protocol.Event;
import dev.cracadapters.criu.protocol.Mail;
import dev.cracadapters.criu.protocol.Mailbox;
import dev.cracadapters.criu.protocol.RestoredProcess;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One dump: what the process does before it, and what it does first when it is back. */
public record Dump(
    CheckpointRequest request, CriuSettings settings, CriuCommand criu, ImageFolder image) {

  private static final Logger LOG = LoggerFactory.getLogger(Dump.class);

  private static final Path NULL_DEVICE = Path.of("/dev/null");

  /** Returns in a restored process, and in one that was left running. */
  public Snapshot run(HeapTrim trim, Lifeline lifeline)
      throws RefusedException, InterruptedException {
    long trimMillis = settings.trim() ? trim.run() : 0;
    DeadSockets.remove();
    Path staging = image.stage();
    boolean gone = false;
    Optional<Path> attachName = Optional.empty();
    try (Mailbox mailbox = Mailbox.in(staging)) {
      LiveEnvironment.prepare();
      attachName = AttachSocket.nameForDump();
      DumpScripts.write(staging, request, settings, criu, mailbox, trimMillis, attachName);
      LOG.info("Dumping {} MB of memory to {}", ResidentMemory.bytes() >> 20, staging.getParent());
      String perfData = PerfData.path();
      ProcessorCount processors = ProcessorCount.now();
      Mail mail = mailOverTheDump(staging, mailbox);
      gone = true; // the scripts have removed the staging folder, or moved it
      if (mail instanceof Mail.Restored restored) {
        return comeUp(restored, perfData, processors, lifeline, List.of(mailbox, trim));
      }
      AttachSocket.putBack();
      Mail.Imaged imaged = (Mail.Imaged) mail;
      tell(imaged);
      return new Snapshot(imaged.image(), null);
    } catch (IOException e) {
      throw image.unwritable(e);
    } finally {
      if (!gone) {
        discard(image, staging);
        removed(attachName);
      }
    }
  }

  /** As the dump script does: on standard error, wherever the application has led its own to. */
  private static void tell(Mail.Imaged imaged) {
    if (imaged.said() != null) {
      CheckpointReport.Image image = imaged.image();
      new PrintStream(new FileOutputStream(FileDescriptor.err), true)
          .printf(
              "crac-criu: image of %d MB in %s: %s%n",
              image.bytes() >> 20, image.folder(), imaged.said());
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
      mail = await(mailbox, staging, DumpScripts.start(staging, mailbox));
      if (mail instanceof Mail.Failed failed) {
        throw DumpFailure.of(failed.reason(), staging);
      }
    } catch (Throwable e) { // an Error, too, must not leave the process deaf
      mailbox.endIfRestored(e);
      try {
        listeners.putBack(true);
      } catch (Throwable lost) {
        e.addSuppressed(lost);
      }
      throw e;
    }
    if (mail instanceof Mail.Restored restored) {
      putBackInRestored(restored, listeners);
    } else {
      listenAgain(listeners);
    }
    return mail;
  }

  private static void listenAgain(Listeners listeners) throws RefusedException {
    try {
      listeners.putBack(true);
    } catch (IOException e) {
      throw new RefusedException(
          "listening socket",
          "it could not be opened again after the dump (" + e.getMessage() + ")",
          "The image is whole, but nobody reaches this process there: start it anew",
          e);
    }
  }

  private Mail await(Mailbox mailbox, Path staging, DumpProcesses scripts)
      throws IOException, RefusedException, InterruptedException {
    WalkThreads.pauseBegins();
    try {
      return mailbox.await(settings, staging, scripts);
    } finally {
      WalkThreads.pauseEnds();
    }
  }

  /** What the snapshot could not keep, before any resource comes back and may use it. */
  private static void putBackInRestored(Mail.Restored restored, Listeners listeners) {
    try {
      listeners.putBack(false);
      StaleFiles.guard(restored.stale());
    } catch (IOException | RuntimeException | Error e) {
      RestoredProcess.end(Optional.of(restored.events()), e);
    }
  }

  /**
   * After it has said that it is up nothing may fail: it would be taken for one that was refused.
   */
  private static Snapshot comeUp(
      Mail.Restored restored,
      String perfData,
      ProcessorCount processors,
      Lifeline lifeline,
      List<? extends AutoCloseable> open) {
    boolean interrupted = Thread.interrupted(); // which would close what is opened here
    @Nullable Snapshot snapshot = null;
    try {
      AttachSocket.putBack();
      PerfData.putBack(perfData, restored.counters());
      restored.environment().apply();
      processors.logWhatStays();
      lifeline.hold(restored.lifeline());
      snapshot = new Snapshot(restored.image(), restored.info());
      for (AutoCloseable one : open) {
        one.close();
      }
      Event.UP.sendTo(restored.events());
    } catch (Exception | Error e) {
      RestoredProcess.end(Optional.of(restored.events()), e);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return Objects.requireNonNull(snapshot);
  }

  /** What a restored process does first, and no other; here on nothing, so that it has run once. */
  public static void rehearse() throws IOException {
    Mail.Restored mail = Mailbox.rehearse();
    if ((Mail) mail instanceof Mail.Failed failed) { // no, but this class is there now
      throw new IOException(failed.reason());
    }
    AttachSocket.rehearse();
    PerfData.rehearse();
    StaleFiles.guard(List.of());
    new RestoreEnvironment(LiveEnvironment.get(), Map.of()).apply(); // as they are
    Lifeline lifeline = new Lifeline();
    lifeline.hold(NULL_DEVICE);
    lifeline.release();
    Event.UP.sendTo(NULL_DEVICE);
    LOG.debug("Rehearsed: {}", new Snapshot(mail.image(), mail.info()).leftRunning());
  }

  /** A folder that cannot be removed must not hide why there is no image. */
  private static void discard(ImageFolder image, Path staging) {
    try {
      image.giveUp(staging);
    } catch (UncheckedIOException e) {
      LOG.warn("{} cannot be removed, and may hold memory of this process: remove it", staging, e);
    }
  }
}
