/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Proc;
import dev.cracadapters.criu.installation.CriuCommand;
import dev.cracadapters.criu.installation.Distribution;
import dev.cracadapters.criu.installation.GuardPages;
import dev.cracadapters.criu.installation.Rights;
import dev.cracadapters.criu.installation.SearchPath;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Is CRIU there, does it work on this kernel, and has it the rights it needs? */
final class CriuFindings {

  private static final String SUBJECT = "criu";

  private CriuFindings() {}

  static List<Finding> of(String command) {
    Optional<Path> located = SearchPath.locate(command);
    List<Finding> findings = new ArrayList<>();
    try {
      if (located.isEmpty()) {
        findings.add(
            Finding.fails(
                SUBJECT, SearchPath.describeMissing(command), Distribution.here().install()));
        // What an installed one would lack is said now, and not only once it is there.
        CriuCommand installed = CriuCommand.at(Path.of(command));
        findings.addAll(RightsFindings.of(installed.rights(), installed.path(), false));
        findings.add(FilterFindings.dump());
        return findings;
      }
      CriuCommand criu = CriuCommand.at(located.get());
      Rights rights = criu.rights();
      findings.add(version(criu, rights));
      Optional<String> complaint = criu.complaint(rights);
      findings.add(
          complaint.isPresent()
              ? doesNotWork(criu, rights, complaint.get())
              : Finding.ok("criu check", "it works on kernel " + System.getProperty("os.version")));
      findings.addAll(RightsFindings.of(rights, criu.path(), complaint.isEmpty()));
      findings.add(FilterFindings.dump());
      FilterFindings.restore(criu, rights).ifPresent(findings::add);
    } catch (RefusedException e) {
      findings.add(Finding.fails(SUBJECT, e.getMessage(), Distribution.here().install()));
    }
    return findings;
  }

  private static Finding version(CriuCommand criu, Rights rights) throws RefusedException {
    String version = criu.version();
    String text = "CRIU " + version + ", " + criu.path();
    if (!version.matches("\\d+\\.\\d+.*")) {
      return Finding.warning(
          SUBJECT, criu.path() + " tells no version", Distribution.here().install());
    }
    String[] parts = version.split("\\D+");
    int number = Integer.parseInt(parts[0]) * 1000 + Integer.parseInt(parts[1]);
    if (number < 3018 && rights.unprivileged()) {
      return Finding.fails(
          SUBJECT,
          text + ": only from 3.18 on can an ordinary user, or a container's root, use it",
          Distribution.here().install());
    }
    Optional<String> guarded = GuardPages.whyNot(version);
    if (guarded.isPresent()) {
      return Finding.fails(
          SUBJECT,
          criu.path() + " is " + guarded.get(),
          "Install CRIU 4.2 or newer. " + Distribution.here().install());
    }
    if (number < 4000) {
      return Finding.warning(
          SUBJECT, text + ": older than any that this was run with", Distribution.here().install());
    }
    return Finding.ok(SUBJECT, text);
  }

  private static Finding doesNotWork(CriuCommand criu, Rights rights, String words)
      throws RefusedException {
    String remedy;
    if (!rights.missing().isEmpty()) {
      remedy = "Give it what it lacks, see below";
    } else if (!isNew(criu.version())) {
      remedy = Distribution.here().install() + ". See 'criu check --all'";
    } else if (Proc.inUserNamespace()) {
      remedy =
          "In a user namespace start the JVM as another user than 0, and without the capabilities"
              + " that CRIU would use and may not: setpriv"
              + " --inh-caps=-setuid,-setgid,-sys_resource,-net_admin"
              + " --ambient-caps=-setuid,-setgid,-sys_resource,-net_admin java ...";
    } else {
      remedy = "See 'criu check --all'";
    }
    return Finding.fails(
        "criu check",
        "it does not work on kernel %s. It said: %s"
            .formatted(System.getProperty("os.version"), words),
        remedy);
  }

  private static boolean isNew(String version) {
    return version.matches("([4-9]|\\d\\d)\\..*");
  }
}
