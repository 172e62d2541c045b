/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.pack.Pack;
import dev.cracadapters.criu.pack.Unpack;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The command {@code java -jar crac-criu.jar}. */
@Command(
    name = "crac-criu",
    description = {
      "Checkpoints of JVMs by CRIU: takes them, checks them, and tells what is in them.",
      ""
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done, as asked",
      "1:refused or not found: the lines on standard error say what, why, and what to do",
      "2:wrong usage",
      "@|italic COMMAND|@ --help:tells what else a command may end with"
    },
    subcommands = {
      Checkpoint.class,
      Check.class,
      Inspect.class,
      Pack.class,
      Unpack.class,
      Run.class,
      Doctor.class,
      Launcher.class
    })
public final class CracCriu implements Runnable {

  @Spec private CommandSpec spec;

  CracCriu() {}

  /** Runs the command and ends the JVM with its exit status. */
  public static void main(String[] arguments) {
    // The engine's classes log, the command itself does not: what it has to say it prints.
    System.setProperty("slf4j.internal.verbosity", "ERROR");
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    CommandLine line =
        new CommandLine(new CracCriu())
            .setUsageHelpAutoWidth(true)
            .setParameterExceptionHandler(CracCriu::misused)
            .setExecutionExceptionHandler(CracCriu::failed)
            .registerConverter(Path.class, CracCriu::path);
    String version = CracCriu.class.getPackage().getImplementationVersion();
    line.getCommandSpec().version("crac-criu " + (version == null ? "(not packaged)" : version));
    // What java is to get is not for us to understand.
    line.getSubcommands()
        .get("run")
        .setStopAtPositional(true)
        .setUnmatchedOptionsArePositionalParams(true);
    return line;
  }

  /** An empty one, as of a shell's variable that is not set, would be the working directory. */
  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new TypeConversionException("it is empty: name a folder");
    }
    return Path.of(text);
  }

  /** The reason alone: below a page of usage nobody sees it, and above it nobody scrolls up. */
  private static int misused(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    CommandSpec spec = command.getCommandSpec();
    command
        .getErr()
        .printf("%s: %s; see %s --help%n", spec.name(), e.getMessage(), spec.qualifiedName());
    return spec.exitCodeOnInvalidInput();
  }

  private static int failed(Exception e, CommandLine command, ParseResult arguments)
      throws Exception {
    if (!(e instanceof RefusedException || e instanceof IOException)) {
      throw e;
    }
    // Java's messages of files have the path alone, and their class the reason.
    String reason = e instanceof IOException ? e.toString() : e.getMessage();
    if (e instanceof AccessDeniedException denied) {
      reason = denied.getFile() + ": this user may not use it. Run the command as its owner";
    }
    command.getErr().println(command.getCommandName() + ": " + reason);
    return command.getCommandSpec().exitCodeOnExecutionException();
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "no command was named. There are " + String.join(", ", spec.subcommands().keySet()));
  }
}
