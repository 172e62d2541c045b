/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.doctor.Diagnosis;
import dev.cracadapters.criu.doctor.Finding;
import dev.cracadapters.criu.doctor.Trial;
import dev.cracadapters.criu.image.Json;
import dev.cracadapters.criu.installation.CriuInstallation;
import dev.cracadapters.criu.installation.SeccompProfile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tells whether checkpoints can be taken here, and what is missing. */
@Command(
    name = "doctor",
    description = {
      "Tells whether a JVM of this user, started as this command is, could take a checkpoint here"
          + " and be restored: a line for each thing that was looked at, and below what is not as"
          + " it should be the remedy.",
      "",
      "Run it as the user, in the container and with the java options of the service.",
      ""
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:checkpoints can be taken; there may be warnings",
      "1:no checkpoint can be taken: something fails, or CRIU could not be brought",
      "2:wrong usage"
    })
final class Doctor implements Callable<Integer> {

  @Option(
      names = "--criu",
      paramLabel = "COMMAND",
      description =
          "the criu command to look at, a path or a name in PATH (default: the system property"
              + " crac.criu, or criu)")
  private @Nullable String criu;

  @Option(
      names = "--image",
      paramLabel = "DIR",
      description = "a folder to which an image is to be written; it is not made")
  private @Nullable Path image;

  @Option(
      names = "--try",
      description = "also take a checkpoint of a small JVM, restore it, and tell the times")
  private boolean proof;

  @Option(names = "--json", description = "as JSON")
  private boolean json;

  @Option(
      names = "--install-criu",
      paramLabel = "DIR",
      description =
          "look at nothing, but bring Debian's newest CRIU into a folder, for a Debian whose own one"
              + " does not work; no package is installed. The command is printed, DIR/bin/criu")
  private @Nullable Path installation;

  @Option(
      names = "--seccomp-profile",
      description =
          "look at nothing, but print a seccomp profile for containers in which an image is"
              + " restored")
  private boolean profile;

  @Spec private CommandSpec spec;

  Doctor() {}

  @Override
  public Integer call() throws RefusedException, InterruptedException, IOException {
    if (profile) {
      spec.commandLine().getOut().print(SeccompProfile.text());
      spec.commandLine().getOut().flush();
      return 0;
    }
    if (installation != null) {
      return new CriuInstallation(installation).run();
    }
    String command = criu == null ? System.getProperty("crac.criu", "criu") : criu;
    List<Finding> findings = new ArrayList<>(Diagnosis.of(command, image));
    if (proof) {
      findings.add(new Trial(command).run());
    }
    long failures = count(findings, Finding.Level.FAILS);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(json(findings, failures == 0));
    } else {
      findings.forEach(one -> print(out, one));
      long warnings = count(findings, Finding.Level.WARNING);
      out.printf(
          "%n%s; %d %s%n",
          failures == 0
              ? "Checkpoints can be taken here"
              : "No checkpoint can be taken here: " + failures + " of " + findings.size() + " fail",
          warnings,
          warnings == 1 ? "warning" : "warnings");
    }
    return failures == 0 ? 0 : 1;
  }

  private static long count(List<Finding> findings, Finding.Level level) {
    return findings.stream().filter(one -> one.level() == level).count();
  }

  private static String level(Finding finding) {
    return finding.level().name().toLowerCase(Locale.ROOT);
  }

  private static void print(PrintWriter out, Finding finding) {
    out.printf("%-8s %s: %s%n", level(finding), finding.subject(), finding.text());
    if (!finding.remedy().isEmpty()) {
      out.printf("         -> %s%n", finding.remedy());
    }
  }

  private static String json(List<Finding> findings, boolean well) throws IOException {
    Map<String, Object> text = new LinkedHashMap<>();
    text.put("checkpointsCanBeTaken", well);
    List<Object> list = new ArrayList<>();
    for (Finding finding : findings) {
      Map<String, String> fields = new LinkedHashMap<>();
      fields.put("subject", finding.subject());
      fields.put("level", level(finding));
      fields.put("text", finding.text());
      fields.put("remedy", finding.remedy());
      list.add(fields);
    }
    text.put("findings", list);
    return Json.text(text);
  }
}
