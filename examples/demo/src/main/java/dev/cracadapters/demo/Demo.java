/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of {@code ./demo}. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description =
        "Checkpoints and restores the example service under load, and checks that nothing is lost.",
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {"0:every check is ok", "1:a check failed, or the walk did", "2:wrong usage"})
public final class Demo implements Callable<Integer> {

  @Option(
      names = "--engine",
      paramLabel = "ENGINE",
      description =
          "criu: fail where CRIU cannot run. pause: take no snapshot. auto: CRIU where it can run,"
              + " else the pause. Default: auto")
  private String engine = "auto";

  // The shell script that starts this finds these out before it builds.

  @Option(names = "--root", hidden = true, description = "The project's folder.")
  private Path root = Path.of("");

  @Option(names = "--criu", hidden = true, description = "A CRIU that works; without it: pause.")
  private @Nullable String criu;

  @Option(names = "--headline", hidden = true, description = "The first line, and the last.")
  private String headline = "";

  private Demo() {}

  /**
   * Runs the walk and ends the JVM with its exit status.
   *
   * @param arguments see {@code ./demo --help}
   */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Demo()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    if (!List.of("auto", "criu", "pause").contains(engine)) {
      System.err.println("demo: --engine is criu, pause or auto, not " + engine);
      return CommandLine.ExitCode.USAGE;
    }
    Progress progress = new Progress(System.out);
    Path target = Files.createDirectories(root.toRealPath().resolve("target/demo"));
    Path logs = target.resolve("run-" + Instant.now().toEpochMilli());
    DemoReport report = new DemoReport(criu != null ? "criu" : "pause");
    try {
      Files.createDirectories(logs);
      // PostgreSQL's programs are unpacked into it, into a folder that everybody may write to.
      Files.setPosixFilePermissions(logs, PosixFilePermissions.fromString("rwx------"));
      walk(logs, progress, report);
    } catch (Exception e) {
      report.check("the walk ended", false, e.toString());
      e.printStackTrace();
    }
    report.write(target.resolve("report.json"));
    HtmlReport.write(report, target.resolve("report.html"));
    progress.say(report.table());
    progress.say(
        "  report: target/demo/report.html and .json, logs: target/demo/"
            + target.relativize(logs));
    progress.say(headline);
    return report.allOk() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private void walk(Path folder, Progress progress, DemoReport report) throws Exception {
    Path tools = root.toRealPath().resolve("tools");
    Path jar = root.toRealPath().resolve("examples/orders/target/orders.jar");
    List<String> options =
        criu != null
            ? List.of("-Xmx512m", "-Dcrac.criu=" + criu)
            : List.of(
                "-Xmx512m",
                "-Dspring.crac.engine=pause",
                "-Dcrac.pause.file=" + folder.resolve("paused"));
    try (OrdersSetup setup =
        progress.step("Starting PostgreSQL", () -> new OrdersSetup(tools, jar, folder, options))) {
      Walk walk = new Walk(setup, progress, report);
      if (criu != null) {
        walk.withCriu();
      } else {
        walk.withPause();
      }
    }
  }
}
