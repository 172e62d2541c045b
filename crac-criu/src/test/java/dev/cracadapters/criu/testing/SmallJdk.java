/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.spi.ToolProvider;

/** A JDK that a test may move and change: the part of this one that the tests' services need. */
public final class SmallJdk {

  private static final String MODULES =
      "java.base,java.management,jdk.management,jdk.unsupported,java.naming";

  private SmallJdk() {}

  /**
   * Makes one.
   *
   * @param home its folder, which is not there yet
   * @throws IOException if it cannot be written
   */
  public static void make(Path home) throws IOException {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    int status =
        ToolProvider.findFirst("jlink")
            .orElseThrow()
            .run(out, out, "--add-modules", MODULES, "--output", home.toString());
    assertThat(status).as(said.toString()).isZero();
    // One that tools/jdk brought has programs of its own, with the C library that they need.
    Path original = Path.of(System.getProperty("java.home"));
    Path libraries = original.resolve("lib/system");
    if (Files.isDirectory(libraries)) {
      Services.copy(libraries, home.resolve("lib/system"));
      for (String program : new String[] {"bin/java", "lib/jspawnhelper"}) {
        Files.copy(
            original.resolve(program),
            home.resolve(program),
            StandardCopyOption.REPLACE_EXISTING,
            StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }
}
