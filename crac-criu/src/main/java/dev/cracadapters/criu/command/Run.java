/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.image.CpuLevel;
import dev.cracadapters.criu.protocol.ShellWords;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Starts a JVM so that checkpoints of it are easy. */
@Command(
    name = "run",
    description = {
      "Starts a JVM with what makes its checkpoints easy, and ends as it ends. The application"
          + " needs no change; its checkpoint is taken by crac-criu checkpoint PID, or in any way"
          + " that the application itself offers.",
      "",
      "Added to the command line, unless it says otherwise itself:",
      "- setsid, where standard input is no terminal: CRIU dumps no process whose session leader it"
          + " cannot see",
      "- -XX:+EnableDynamicAgentLoading: no warning when the checkpoint is asked for",
      "- -Dorg.crac.Core.Compat, where crac-core is on the class path or in the jar: whoever uses"
          + " org.crac first gets it",
      "- -Dcrac.image, -Dcrac.criu and -Dcrac.checkpoint-signal, as the options below say",
      "- with --cpu the flags and the C library's tunables that keep the JVM to a level",
      "- sh, where there is such a signal: it is ignored until the application can take a checkpoint,"
          + " and does not end the JVM that is still starting. With USR2 the JVM is given"
          + " _JAVA_SR_SIGNUM=62, because it uses USR2 itself",
      ""
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "TERM, INT, HUP, USR1 and USR2 are passed on to the JVM. This command stays as its parent;"
          + " where one process more is too many, let the shell become what --dry-run prints: eval"
          + " \"exec $(java -jar crac-criu.jar run --dry-run ...)\""
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0-255:the JVM's own, 128 + N when signal N ended it: 137 after a checkpoint",
      "1:it could not be started: a line on standard error begins with run:",
      "2:wrong usage"
    })
final class Run implements Callable<Integer> {

  @Option(names = "--image", paramLabel = "DIR", description = "the folder for its image")
  private @Nullable Path image;

  @Option(names = "--criu", paramLabel = "COMMAND", description = "the criu command to use")
  private @Nullable String criu;

  @Option(
      names = "--signal",
      paramLabel = "NAME",
      description =
          "a signal that asks for a checkpoint: USR1, or USR2; the application needs crac-core")
  private @Nullable String signal;

  @Option(
      names = "--cpu",
      paramLabel = "LEVEL",
      description =
          "x86-64-v2, x86-64-v3 or x86-64-v4: the JVM and the C library use no more of the CPU, so"
              + " that the image fits every machine of that level. +aes (AES and PCLMULQDQ) and"
              + " +sha allow these as well: x86-64-v3+aes")
  private @Nullable String cpu;

  @Option(
      names = "--java",
      paramLabel = "COMMAND",
      description = "the java command (default: the one that runs this)")
  private @Nullable String java;

  @Option(names = "--dry-run", description = "only print the command")
  private boolean dryRun;

  @Parameters(
      paramLabel = "JAVA ARGUMENT",
      arity = "1..*",
      description = "as for java: options, -jar app.jar or a main class, and the arguments of it")
  private List<String> arguments = List.of();

  @Spec private CommandSpec spec;

  Run() {}

  @Override
  public Integer call() throws RefusedException, InterruptedException {
    List<String> command = command();
    if (dryRun) {
      PrintWriter out = spec.commandLine().getOut();
      out.println(String.join(" ", command.stream().map(Run::shellWord).toList()));
      return 0;
    }
    try {
      return ChildProcess.run(command);
    } catch (IOException e) {
      throw new RefusedException(
          command.get(0),
          "it cannot be started (" + e.getMessage() + ")",
          "Name java by --java",
          e);
    }
  }

  private List<String> command() throws RefusedException, InterruptedException {
    String javaCommand =
        java == null ? Path.of(System.getProperty("java.home"), "bin/java").toString() : java;
    CpuLevel level = cpu == null ? null : CpuLevel.of(cpu);
    List<String> added = new ArrayList<>();
    if (arguments.stream().noneMatch(one -> one.endsWith("EnableDynamicAgentLoading"))) {
      added.add("-XX:+EnableDynamicAgentLoading");
    }
    JavaArguments given = new JavaArguments(arguments);
    if (!given.hasProperty("org.crac.Core.Compat") && given.hasCore()) {
      added.add("-Dorg.crac.Core.Compat=dev.cracadapters.core.crac");
    }
    property(added, given, "crac.image", image == null ? null : absolute(image.toString()));
    property(
        added, given, "crac.criu", criu == null || !criu.contains("/") ? criu : absolute(criu));
    property(added, given, "crac.checkpoint-signal", signal);
    String asking = signal == null ? given.property("crac.checkpoint-signal") : signal;
    List<String> command = new ArrayList<>(asking == null ? List.of() : ignoring(asking));
    if (!ChildProcess.isOnTerminal()) {
      command.add("setsid");
    }
    if (level != null) {
      CpuLevel.note(cpu)
          .ifPresent(note -> spec.commandLine().getErr().println("run: " + cpu + ": " + note));
      KnownFlags known = KnownFlags.of(javaCommand);
      property(added, given, CpuLevel.PROPERTY, level.name());
      added.addAll(level.jvmOptions(known.names(), known.version()));
      command.add("env");
      command.add(CpuLevel.TUNABLES + "=" + level.tunables(System.getenv(CpuLevel.TUNABLES)));
    }
    command.add(javaCommand);
    command.addAll(added);
    command.addAll(arguments);
    return command;
  }

  /**
   * What is ignored stays so across exec, and HotSpot leaves it alone until a handler is installed.
   */
  private static List<String> ignoring(String asking) {
    String name = asking.strip().toUpperCase(Locale.ROOT).replaceFirst("^SIG", "");
    return switch (name) {
      case "USR1" -> List.of("sh", "-c", "trap '' USR1; exec \"$@\"", "sh");
      case "USR2" ->
          List.of(
              "sh",
              "-c",
              "trap '' USR2; export _JAVA_SR_SIGNUM=\"${_JAVA_SR_SIGNUM:-62}\"; exec \"$@\"",
              "sh");
      default -> List.of(); // the application says what is wrong with it
    };
  }

  private static String absolute(String path) {
    return Path.of(path).toAbsolutePath().normalize().toString();
  }

  private static void property(
      List<String> added, JavaArguments given, String name, @Nullable String value)
      throws RefusedException {
    if (value == null) {
      return;
    }
    if (given.hasProperty(name)) {
      throw new RefusedException(
          "-D" + name, "it is given twice, as this command's option and as the JVM's", "Give one");
    }
    added.add("-D" + name + "=" + value);
  }

  private static String shellWord(String word) {
    return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : ShellWords.quote(word);
  }
}
