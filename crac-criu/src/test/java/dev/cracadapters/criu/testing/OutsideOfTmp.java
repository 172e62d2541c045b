/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/** A test's folder that is not below {@code /tmp}: for tests that put something else there. */
public final class OutsideOfTmp implements TempDirFactory {

  @Override
  public Path createTempDirectory(AnnotatedElementContext field, ExtensionContext test)
      throws IOException {
    return Files.createTempDirectory(Path.of("/var/tmp"), "junit-");
  }
}
