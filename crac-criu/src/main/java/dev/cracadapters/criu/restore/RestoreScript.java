/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import dev.cracadapters.criu.protocol.ShellWords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Writes what the dump script completes to {@code IMAGE/restore}. */
public final class RestoreScript {

  /** What the script is made of, in this order, after its head and the image's values. */
  private static final String PARTS =
      "shared trust encryption options check rights machine memory maps needed strangers policies attach signals"
          + " clone own counters prepare start mapped verify supervise leftovers main";

  private RestoreScript() {}

  /** Writes all but the last lines, to which the dump script adds what is known only then. */
  public static void write(Path file, Map<String, String> values) throws IOException {
    StringBuilder text = new StringBuilder(part("head")).append(ShellWords.assignments(values));
    for (String part : PARTS.split(" ")) {
      text.append(part(part));
    }
    Files.writeString(file, text);
  }

  /** The script {@code crac-restore}, which verifies an image before anything of it runs. */
  public static String launcher() throws IOException {
    return "#!/bin/sh\n# Restores signed images; run it with --help. Written by crac-criu.\n"
        + part("signature")
        + part("trust")
        + part("launcher");
  }

  /** One of the parts; {@code shared} is the dump script's, too. */
  public static String part(String name) throws IOException {
    return ShellWords.resource(RestoreScript.class, name + ".sh");
  }
}
