/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import dev.cracadapters.criu.protocol.ShellWords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes what the dump script completes to {@code IMAGE/restore}. */
public final class RestoreScript {

  /** What the script is made of, in this order, after its head and the image's values. */
  private static final List<String> PARTS =
      List.of(
          "shared",
          "options",
          "check",
          "rights",
          "machine",
          "maps",
          "needed",
          "policies",
          "signals",
          "clone",
          "prepare",
          "start",
          "verify",
          "supervise",
          "main");

  private RestoreScript() {}

  /** Writes the head, with the image's values, the body, and what the dump script uses of it. */
  public static void write(Path staging, Map<String, String> values) throws IOException {
    Files.writeString(
        staging.resolve("restore.head"), part("head") + ShellWords.assignments(values));
    StringBuilder body = new StringBuilder();
    for (String part : PARTS) {
      body.append(part(part));
    }
    Files.writeString(staging.resolve("restore.body"), body);
    Files.writeString(staging.resolve("shared.sh"), part("shared"));
  }

  private static String part(String name) throws IOException {
    return ShellWords.resource(RestoreScript.class, name + ".sh");
  }
}
