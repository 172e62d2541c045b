/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.criu.CriuSettings;
import dev.cracadapters.criu.image.DeletedAtExit;
import dev.cracadapters.criu.image.Machine;
import dev.cracadapters.criu.image.Manifest;
import dev.cracadapters.criu.image.NeededFiles;
import dev.cracadapters.criu.installation.CriuCommand;
import dev.cracadapters.criu.installation.Rights;
import dev.cracadapters.criu.memory.ResidentMemory;
import dev.cracadapters.criu.policy.CoveredFiles;
import dev.cracadapters.criu.process.StandardStreams;
import dev.cracadapters.criu.protection.ImageEncryption;
import dev.cracadapters.criu.protection.ImageKey;
import dev.cracadapters.criu.protocol.DumpProcesses;
import dev.cracadapters.criu.protocol.Mailbox;
import dev.cracadapters.criu.protocol.ShellWords;
import dev.cracadapters.criu.restore.RestoreScript;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Lays out the staging folder with all that the dump script needs, and starts that. */
public final class DumpScripts {

  private static final Duration START_LIMIT = Duration.ofSeconds(20);

  /**
   * Native libraries are extracted, loaded and deleted by many libraries. CRIU brings such files
   * along up to this size, which by itself is 1 MB: too little for RocksDB's or Netty's TLS.
   */
  static final String GHOST_LIMIT = "256M";

  /** The dump script, and what it calls. */
  private static final String PARTS =
      "dump.sh needed.sh edits.sh mapped.sh trial.sh complete.sh image.awk streams.awk places.awk";

  private DumpScripts() {}

  static void write(
      Path staging,
      CheckpointRequest request,
      CriuSettings settings,
      CriuCommand criu,
      Mailbox mailbox,
      long trimMillis,
      Optional<Path> attachName)
      throws IOException, RefusedException {
    Machine machine = Machine.current();
    CoveredFiles covered = new CoveredFiles(request.covered());
    NeededFiles needed =
        NeededFiles.current(staging, machine.javaHome(), covered.paths(), criu.path());
    Map<String, String> values = machine.values(criu, settings);
    values.put("mailbox_key", mailbox.key());
    Map<String, String> key = ImageKey.values(ImageKey.fromSystemProperties());
    Map<String, String> encryption = ImageEncryption.values(ImageEncryption.fromSystemProperties());
    values.put("staged", staging.getFileName().toString());
    Path image = staging.resolveSibling("");
    values.put("image", image.toString());
    values.putAll(needed.values());
    String counters = copyPerfData(values.get("perfdata"), staging);
    values.put("signed", key.get("signed"));
    values.put("encrypted_by", encryption.get("encrypted_by"));
    values.put("large", encryption.get("large"));
    values.put("has_perfdata", Boolean.toString(!counters.isEmpty()));
    values.put("lacking", lacking(values));
    values.put("private_paths", DeletedAtExit.lines(image));
    Rights rights = criu.rights();
    values.putAll(rights.ofTheProcess());

    StandardStreams streams = StandardStreams.current();
    Map<String, String> dumpValues = needed.dumpValues(covered.dumpValues());
    dumpValues.putAll(streams.values());
    dumpValues.putAll(key);
    dumpValues.putAll(encryption);
    dumpValues.put("lacking", values.get("lacking"));
    dumpValues.put("ghost_limit", GHOST_LIMIT);
    dumpValues.put("resident", Long.toString(ResidentMemory.bytes()));
    dumpValues.put("walk_millis", Long.toString(request.downMillis()));
    dumpValues.put("trim_millis", Long.toString(trimMillis));
    dumpValues.put("unprivileged", rights.unprivileged() ? "--unprivileged" : "");
    dumpValues.put("leave_running", Boolean.toString(request.leaveRunning()));
    dumpValues.put("pid", values.get("pid"));
    dumpValues.put("criu", criu.path().toString());
    dumpValues.put("perfdata", counters);
    dumpValues.put("attach_name", attachName.map(Path::toString).orElse(""));
    dumpValues.putAll(
        MappedMemory.prepare(
            staging, settings, machine, !encryption.get("encrypted_by").isEmpty()));
    dumpValues.put("limit_seconds", CriuSettings.seconds(settings.dumpTimeout()));
    dumpValues.putAll(TrialRestore.values(request, settings));
    for (String part : PARTS.split(" ")) {
      Files.writeString(staging.resolve(part), text(part));
    }
    for (String part : List.of("shared", "trust", "signature", "encryption")) {
      Files.writeString(staging.resolve(part + ".sh"), RestoreScript.part(part));
    }
    Files.writeString(staging.resolve("values.sh"), ShellWords.assignments(dumpValues));
    Files.createFile(staging.resolve("undecided"));
    Files.createDirectory(staging.resolve("criu"), mode("rwx------"));
    // CRIU starts it by its path, in whatever folder and with whatever environment it has itself.
    Path hold = Files.createFile(staging.resolve("hold"), mode("rwx------"));
    Files.writeString(
        hold,
        "#!/bin/sh\n"
            + ShellWords.assignments(Map.of("staging", staging.toString()))
            + text("hold.sh"));
    Files.createFile(staging.resolve("restore"), mode("rwx------"));
    RestoreScript.writeHead(staging.resolve("restore.head"), values);
    RestoreScript.writeParts(staging.resolve("restore.parts"));
    Manifest.write(
        staging.resolve("manifest.head"), machine, criu, request, needed, streams.targets());
  }

  /** What an image may have and this one has not: where it takes the place of one that had. */
  private static String lacking(Map<String, String> values) {
    List<String> lacking = new ArrayList<>();
    boolean isEncrypted = !values.get("encrypted_by").isEmpty();
    if (isEncrypted || values.get("copies").isEmpty()) {
      lacking.add("copies");
    }
    if (isEncrypted || values.get("has_perfdata").equals("false")) {
      lacking.add("perfdata");
    }
    lacking.add(isEncrypted ? "criu" : "encrypted");
    if (values.get("signed").equals("false")) {
      lacking.add("SHA256SUMS.sig");
    }
    return String.join(" ", lacking);
  }

  private static FileAttribute<Set<PosixFilePermission>> mode(String permissions) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
  }

  /** The JVM maps it, and deletes it when it ends: the next restore would miss it. */
  private static String copyPerfData(String path, Path staging) throws IOException {
    if (path.isEmpty() || !Files.exists(Path.of(path))) {
      return "";
    }
    Files.copy(Path.of(path), staging.resolve("perfdata"), StandardCopyOption.COPY_ATTRIBUTES);
    return path;
  }

  /**
   * Starts it outside this process's tree, and lets it begin when the shell in between is gone, and
   * it is known who tells what becomes of the dump.
   */
  static DumpProcesses start(Path staging, Mailbox mailbox)
      throws IOException, RefusedException, InterruptedException {
    File output = staging.resolve("dump.out").toFile();
    // No child of a shell without jobs leads a process group, so that setsid becomes the script.
    String command =
        "setsid sh \"$1/dump.sh\" \"$1\" & echo $! > \"$1/" + DumpProcesses.STARTED + '"';
    Process starter =
        new ProcessBuilder("sh", "-c", command, "crac-dump", staging.toString())
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(output)
            .start();
    Deadline limit = Deadline.after(START_LIMIT);
    if (!starter.waitFor(limit.remainingMillis(), TimeUnit.MILLISECONDS)
        || starter.exitValue() != 0) {
      starter.destroyForcibly();
      throw notStarted(output);
    }
    DumpProcesses scripts = DumpProcesses.in(staging);
    if (!scripts.awaitBoth(mailbox, limit)) {
      throw notStarted(output);
    }
    Files.createFile(staging.resolve("go"));
    return scripts;
  }

  private static RefusedException notStarted(File output) throws IOException {
    String said = Files.readString(output.toPath()).strip();
    return said.isEmpty()
        ? new RefusedException(
            "CRIU", "the dump script was killed", "See what killed it, and ask again")
        : new RefusedException(
            "CRIU",
            "the dump could not be started: " + said,
            "The commands sh, setsid, cksum, od, awk, mv and rm must be in PATH");
  }

  private static String text(String name) throws IOException {
    return ShellWords.resource(DumpScripts.class, name);
  }
}
