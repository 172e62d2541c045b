/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.engine.CheckpointRequest;
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
import dev.cracadapters.criu.protocol.Mailbox;
import dev.cracadapters.criu.protocol.Restored;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One dump: what the process does before it, and what it does first when it is back. */
public record Dump(
    CheckpointRequest request, CriuSettings settings, CriuCommand criu, ImageFolder image) {

  private static final Logger LOG = LoggerFactory.getLogger(Dump.class);

  /** As the restore script ends when it could not restore. */
  private static final int LOST = 125;

  private static final long LOST_SECONDS = 30;

  /** Returns in a restored process, and in one that was left running. */
  public Restored run(long trimMillis, Lifeline lifeline)
      throws RefusedException, InterruptedException {
    Path staging = image.stage();
    boolean gone = false;
    try (Mailbox mailbox = Mailbox.in(staging)) {
      LiveEnvironment.reach();
      DumpScripts.write(staging, request, settings, criu, mailbox, trimMillis);
      LOG.info("Dumping {} MB of memory to {}", ResidentMemory.bytes() >> 20, staging.getParent());
      String perfData = PerfData.path();
      Restored restored = frozen(staging, mailbox);
      gone = true; // the staging folder was the original process's business
      AttachSocket.putBack();
      if (restored.world() != null) {
        PerfData.putBack(perfData);
        restored.world().enter();
      }
      if (restored.lifeline() != null && restored.events() != null) {
        lifeline.hold(restored.lifeline(), restored.events());
      }
      return restored;
    } catch (IOException e) {
      throw image.unwritable(e);
    } finally {
      if (!gone) {
        discard(staging);
      }
    }
  }

  /** From when the dump script begins until there is mail, in whichever process. */
  private Restored frozen(Path staging, Mailbox mailbox)
      throws IOException, RefusedException, InterruptedException {
    Listeners listeners = Listeners.setAside(request.covered());
    Restored restored;
    try {
      DumpScripts.start(staging);
      restored = mailbox.await(settings, staging);
    } catch (IOException | RefusedException | InterruptedException | RuntimeException e) {
      try {
        listeners.putBack(true);
      } catch (IOException lost) {
        e.addSuppressed(lost);
      }
      throw e;
    }
    if (restored.events() == null) {
      listeners.putBack(true);
    } else {
      comeBack(restored, restored.events(), listeners);
    }
    return restored;
  }

  /** What the snapshot could not keep, before anybody is called back who may use it. */
  private static void comeBack(Restored restored, Path events, Listeners listeners)
      throws IOException, InterruptedException {
    try {
      listeners.putBack(false);
      StaleFiles.guard(restored.stale());
    } catch (IOException e) {
      // A service that nobody reaches is none: the restore script says why, and ends this process.
      String words = "lost " + String.valueOf(e.getMessage()).replace('\n', ' ') + "\n";
      Files.writeString(events, words, StandardOpenOption.WRITE);
      new CountDownLatch(1).await(LOST_SECONDS, TimeUnit.SECONDS);
      Runtime.getRuntime().halt(LOST);
    }
  }

  /** What cannot be removed is no reason to hide why there is no image. */
  private void discard(Path staging) {
    try {
      image.discard(staging);
    } catch (UncheckedIOException e) {
      LOG.warn("{} cannot be removed, and may hold memory of this process: remove it", staging, e);
    }
  }
}
