/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.installation.CriuCommand;
import dev.cracadapters.criu.installation.Rights;
import dev.cracadapters.criu.installation.SeccompProfile;
import dev.cracadapters.criu.installation.SystemCallFilter;
import java.util.Optional;

/** Is there a seccomp filter, and what does it keep CRIU from? */
final class FilterFindings {

  private static final String SUBJECT = "seccomp";

  private FilterFindings() {}

  static Finding dump() {
    return SystemCallFilter.isOn()
        ? Finding.fails(SUBJECT, SystemCallFilter.NO_DUMP, SystemCallFilter.NONE)
        : Finding.ok(SUBJECT, "no filter is on this JVM");
  }

  /** Of an image that was taken elsewhere; nothing where there is no filter. */
  static Optional<Finding> restore(CriuCommand criu, Rights rights) throws RefusedException {
    if (!SystemCallFilter.isOn()) {
      return Optional.empty();
    }
    return Optional.of(
        criu.clonesByPid(rights)
            ? Finding.ok(
                SUBJECT, "an image that was taken elsewhere can be restored under this filter")
            : Finding.warning(
                SUBJECT,
                "no image can be restored here either: the filter forbids clone3, by which CRIU"
                    + " gives a process and its threads their IDs",
                SeccompProfile.REMEDY));
  }
}
