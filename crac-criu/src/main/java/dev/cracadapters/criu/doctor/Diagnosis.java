/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether this JVM could take a checkpoint by CRIU: with its user's rights, on this kernel,
 * in this container, with its JDK and collector. Nothing is changed, and nothing is started but
 * CRIU's own check and, where it is asked for, a small JVM.
 */
public final class Diagnosis {

  private Diagnosis() {}

  /**
   * Looks at everything.
   *
   * @param criu the criu command, a path or a name in {@code PATH}
   * @param image the folder to which an image is to be written, or null when that is not known
   * @return what was found, in an order to be read
   * @throws InterruptedException if the thread was interrupted while CRIU ran
   */
  public static List<Finding> of(String criu, @Nullable Path image) throws InterruptedException {
    List<Finding> findings = new ArrayList<>();
    findings.addAll(CriuFindings.of(criu));
    findings.addAll(KernelFindings.all());
    findings.addAll(PlaceFindings.all());
    findings.addAll(CommandFindings.all());
    findings.addAll(JvmFindings.all());
    if (image != null) {
      findings.addAll(ImageFolderFindings.of(image));
    }
    return findings;
  }

  /**
   * Takes a checkpoint of a small JVM and restores it, to see that it works and how long it takes.
   *
   * @param criu the criu command, a path or a name in {@code PATH}
   * @return that it worked, with the times in milliseconds, or why not
   * @throws InterruptedException if the thread was interrupted meanwhile
   */
  public static Finding proof(String criu) throws InterruptedException {
    return new Trial(criu).run();
  }
}
