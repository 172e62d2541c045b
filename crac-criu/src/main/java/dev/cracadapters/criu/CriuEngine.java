/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.CoveredDescriptor;
import dev.cracadapters.core.engine.CheckpointEngine;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.core.engine.Snapshot;
import dev.cracadapters.core.support.Proc;
import dev.cracadapters.core.support.UnreadableSettings;
import dev.cracadapters.criu.dump.Dump;
import dev.cracadapters.criu.image.ImageFolder;
import dev.cracadapters.criu.image.Machine;
import dev.cracadapters.criu.image.RequiredClasses;
import dev.cracadapters.criu.installation.CriuCommand;
import dev.cracadapters.criu.installation.ScriptCommands;
import dev.cracadapters.criu.memory.HeapTrim;
import dev.cracadapters.criu.memory.JvmFlags;
import dev.cracadapters.criu.memory.OlderMemory;
import dev.cracadapters.criu.policy.CoveredFiles;
import dev.cracadapters.criu.process.AttachSocket;
import dev.cracadapters.criu.process.Lifeline;
import dev.cracadapters.criu.process.TemporaryFolder;
import dev.cracadapters.criu.protection.ImageEncryption;
import dev.cracadapters.criu.protection.ImageKey;
import java.io.IOException;
import java.util.Optional;

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
 * (default 60 s) bound CRIU's calls, {@code crac.criu.trim=false} keeps the heap as it is, and
 * {@code crac.image-key} names a key that the image is signed by, {@code crac.image-encryption}
 * what it is encrypted by.
 *
 * <p>An image holds the process's whole memory, secrets included: its folder is readable by the
 * owner alone.
 */
public final class CriuEngine implements CheckpointEngine {

  /** One for the process: the next checkpoint may be asked of another instance of this class. */
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
      if (isLedFromOutside()) {
        throw new RefusedException(
            "CRIU",
            "the leader of the JVM's session is outside its PID namespace, and CRIU cannot dump"
                + " that",
            "Start the JVM in a session of its own: setsid java ...");
      }
      RequiredClasses.check();
      ScriptCommands.check();
      TemporaryFolder.check();
      Machine.check();
      CriuSettings settings = UnreadableSettings.require(CriuSettings::fromSystemProperties);
      CriuCommand.find(settings.command()).check();
      ImageFolder.of(request.image()).checkWritable();
      OlderMemory.check();
      Optional<ImageKey> key = ImageKey.fromSystemProperties();
      if (key.isPresent()) {
        key.get().check();
      }
      Optional<ImageEncryption> encryption = ImageEncryption.fromSystemProperties();
      if (encryption.isPresent()) {
        encryption.get().check();
      }
      LIFELINE.release(); // before the audit, which would refuse it
      try (JvmFlags flags = new JvmFlags()) {
        AttachSocket.listen(flags::isOn);
      }
      return Optional.empty();
    } catch (RefusedException e) {
      return Optional.of(e);
    }
  }

  /** The kernel gives session 0 for a leader that has no PID in this namespace; see proc(5). */
  private static boolean isLedFromOutside() {
    try {
      return Proc.self().stat().session() == 0;
    } catch (IOException e) {
      return false; // CRIU will say it
    }
  }

  @Override
  public Optional<String> cannotKeep(CoveredDescriptor covered) {
    return CoveredFiles.whyNot(covered);
  }

  @Override
  public boolean holdsThreads() {
    return true;
  }

  @Override
  public boolean isWorthRehearsing() {
    return true;
  }

  @Override
  public void rehearse() throws IOException {
    Dump.rehearse();
  }

  @Override
  public Snapshot checkpoint(CheckpointRequest request)
      throws RefusedException, InterruptedException {
    CriuSettings settings = CriuSettings.fromSystemProperties();
    CriuCommand criu = CriuCommand.find(settings.command());
    ImageFolder image = ImageFolder.of(request.image());
    try (HeapTrim trim = new HeapTrim()) {
      return new Dump(request, settings, criu, image).run(trim, LIFELINE);
    }
  }
}
