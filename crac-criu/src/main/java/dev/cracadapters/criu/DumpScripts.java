/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.engine.CheckpointRequest;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Lays out the staging folder with all that the dump script needs to complete the image alone, and
 * starts it.
 */
final class DumpScripts {

  private static final long START_SECONDS = 20;

  /** What the restore script is made of, in this order, after its head and the image's values. */
  private static final List<String> RESTORE_PARTS =
      List.of("options", "policies", "fits", "signals", "clone", "start", "complete", "outcome");

  private DumpScripts() {}

  static void write(
      Path staging,
      CheckpointRequest request,
      CriuSettings settings,
      CriuCommand criu,
      Mailbox mailbox)
      throws IOException, RefusedException {
    Machine machine = Machine.current();
    Map<String, String> values = machine.values(criu, settings);
    values.put("mailbox_key", mailbox.key());

    Files.write(staging.resolve("dump.sh"), resource("dump.sh"));
    Files.write(staging.resolve("places.awk"), resource("places.awk"));
    Map<String, String> dumpValues =
        new HashMap<>(new CoveredFiles(request.covered()).dumpValues());
    dumpValues.put("pid", values.get("pid"));
    dumpValues.put("criu", criu.path().toString());
    dumpValues.put("perfdata", values.get("perfdata"));
    dumpValues.put("limit_seconds", CriuSettings.seconds(settings.dumpTimeout()));
    Files.writeString(staging.resolve("values.sh"), ShellWords.assignments(dumpValues));
    Files.writeString(
        staging.resolve("restore.head"), text("restore/head.sh") + ShellWords.assignments(values));
    StringBuilder body = new StringBuilder();
    for (String part : RESTORE_PARTS) {
      body.append(text("restore/" + part + ".sh"));
    }
    Files.writeString(staging.resolve("restore.body"), body);
    Manifest.write(staging.resolve("manifest.head"), machine, criu, request);
  }

  /**
   * Starts the dump script outside this process's tree, and lets it begin when nothing of that
   * start is left.
   */
  static void start(Path staging) throws IOException, RefusedException, InterruptedException {
    File output = staging.resolve("dump.out").toFile();
    Process starter =
        new ProcessBuilder(
                "sh", "-c", "setsid sh \"$1/dump.sh\" \"$1\" &", "crac-dump", staging.toString())
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(output)
            .start();
    if (!starter.waitFor(START_SECONDS, TimeUnit.SECONDS) || starter.exitValue() != 0) {
      starter.destroyForcibly();
      throw new RefusedException(
          "CRIU",
          "the dump could not be started: " + Files.readString(output.toPath()).strip(),
          "The commands sh, setsid, timeout, cksum, mv and cp must be in PATH");
    }
    Files.createFile(staging.resolve("go"));
  }

  private static String text(String name) throws IOException {
    return new String(resource(name), StandardCharsets.UTF_8);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream stream =
        Objects.requireNonNull(DumpScripts.class.getResourceAsStream(name), name)) {
      return stream.readAllBytes();
    }
  }
}
