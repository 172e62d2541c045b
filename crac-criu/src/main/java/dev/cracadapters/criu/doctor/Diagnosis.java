/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether this JVM could take a checkpoint by CRIU. Nothing is changed, and nothing is
 * started but CRIU's own check.
 */
public final class Diagnosis {

  private Diagnosis() {}

  /** Looks at everything, in an order to be read. The image's folder may be unknown. */
  public static List<Finding> of(String criu, @Nullable Path image) throws InterruptedException {
    List<Finding> findings = new ArrayList<>(CriuFindings.of(criu));
    findings.addAll(KernelFindings.all());
    findings.addAll(PlaceFindings.all());
    findings.addAll(CommandFindings.all());
    findings.addAll(JvmFindings.all());
    if (image != null) {
      findings.addAll(ImageFolderFindings.of(image));
    }
    return findings;
  }
}
