/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import dev.cracadapters.criu.protocol.ShellWords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Writes what the dump script completes to {@code IMAGE/restore}. */
public final class RestoreScript {

  /**
   * What the script is made of, in this order, after its head and the image's values. At the end of
   * {@code look} it begins to look at the machine, and at the end of {@code early} it starts CRIU
   * where that can be: what comes later is read while CRIU works.
   */
  private static final String PARTS =
      "shared signals trust first options look rights memory attach counters watch prepare start early"
          + " encryption check machine maps needed strangers policies clone own mapped trial verify"
          + " supervise leftovers main";

  private RestoreScript() {}

  /** Writes the beginning, to which the dump script adds the values that are known only then. */
  public static void writeHead(Path file, Map<String, String> values) throws IOException {
    Files.writeString(file, part("head") + ShellWords.assignments(values));
  }

  /** Writes what comes after all values. */
  public static void writeParts(Path file) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String part : PARTS.split(" ")) {
      text.append(part(part));
    }
    Files.writeString(file, text.append("main \"$@\"\n"));
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
