/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import dev.cracadapters.core.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The processes of this PID namespace, as {@code /proc} shows them at one moment. Those that have
 * ended are not among them, reaped or not.
 *
 * @param all in the order of their PIDs
 */
public record Processes(List<One> all) {

  private static final Duration REPORT_LIMIT = Duration.ofSeconds(3);

  /**
   * One of them.
   *
   * @param pid its PID
   * @param parent its parent's
   * @param session its session leader's, 0 if that is outside this PID namespace
   * @param state a letter: "R", "S", "T"
   * @param words its command line
   */
  public record One(long pid, long parent, long session, String state, List<String> words) {

    /** {@return whether a word of its command line has this in it} */
    public boolean names(Object text) {
      return words.stream().anyMatch(word -> word.contains(text.toString()));
    }

    /** {@return whether its command line begins with these words, but for the first one} */
    public boolean runs(Object... arguments) {
      List<String> wanted = Arrays.stream(arguments).map(Object::toString).toList();
      return words.size() > wanted.size() && words.subList(1, wanted.size() + 1).equals(wanted);
    }

    /** {@return whether it is just becoming another command, and has no command line} */
    public boolean isStarting() {
      return words.equals(List.of(""));
    }

    private static Optional<One> of(Path folder) {
      try {
        String stat = Files.readString(folder.resolve("stat"), StandardCharsets.ISO_8859_1);
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        if (fields[0].equals("Z") || fields[0].equals("X")) {
          return Optional.empty();
        }
        String line = Files.readString(folder.resolve("cmdline"), StandardCharsets.ISO_8859_1);
        return Optional.of(
            new One(
                Long.parseLong(folder.getFileName().toString()),
                Long.parseLong(fields[1]),
                Long.parseLong(fields[3]),
                fields[0],
                List.of(line.split("\0"))));
      } catch (IOException e) {
        return Optional.empty(); // it has just ended
      }
    }

    /** Where its threads are in the kernel, for whoever may see that. */
    private String stacks() {
      try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
        return threads
            .map(thread -> text(thread.resolve("stack")).lines().limit(4).toList().toString())
            .distinct()
            .limit(8)
            .collect(Collectors.joining("\n      ", "\n      ", ""));
      } catch (IOException e) {
        return "";
      }
    }
  }

  /** {@return those of now} */
  public static Processes now() {
    try (Stream<Path> folders = Files.list(Path.of("/proc"))) {
      return new Processes(
          folders
              .filter(one -> one.getFileName().toString().matches("\\d+"))
              .map(One::of)
              .flatMap(Optional::stream)
              .sorted((a, b) -> Long.compare(a.pid(), b.pid()))
              .toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The PIDs of some.
   *
   * @param which those
   * @return without those whose parent is one, too: what they have forked has their command line
   */
  public List<Long> first(Predicate<One> which) {
    List<One> found = all.stream().filter(which).toList();
    return found.stream()
        .filter(one -> found.stream().noneMatch(other -> other.pid() == one.parent()))
        .map(One::pid)
        .toList();
  }

  /**
   * All that helps to see why something hangs: every process with its state and stacks, and what
   * lies in a folder. The JVMs among them print their threads where their output goes.
   *
   * @param folder with what is in it, three levels deep, and the ends of the logs
   * @return for the message of a failure
   */
  public static String describe(Path folder) {
    Processes now = now();
    StringBuilder text = new StringBuilder("\n--- processes\n");
    for (One one : now.all()) {
      text.append("  %d < %d %s ".formatted(one.pid(), one.parent(), one.state()));
      text.append(brief(one)).append(one.stacks()).append('\n');
      if (one.pid() != ProcessHandle.current().pid() && brief(one).contains("/java ")) {
        threads(one.pid());
      }
    }
    text.append("--- files\n");
    try (Stream<Path> files = Files.walk(folder, 4)) {
      for (Path file : files.filter(one -> !one.toString().contains("/criu/")).sorted().toList()) {
        text.append("  ").append(folder.relativize(file)).append('\n');
        if (file.toString()
            .matches(".*/(dump|restore)\\.log|.*/criu\\.(err|out)|.*/scripts|.*/last.*")) {
          List<String> lines = text(file).lines().toList();
          lines
              .subList(Math.max(0, lines.size() - 12), lines.size())
              .forEach(line -> text.append("      ").append(line).append('\n'));
        }
      }
    } catch (IOException | UncheckedIOException e) {
      text.append(e);
    }
    return text.toString();
  }

  private static void threads(long pid) {
    try {
      RunningProcess.signal("QUIT", pid);
      Deadline.after(REPORT_LIMIT).await(() -> !Services.lives(pid));
    } catch (IOException | AssertionError e) {
      return; // it has ended
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String brief(One one) {
    String line = String.join(" ", one.words()) + " ";
    return line.length() > 300 ? line.substring(0, 300) + "…" : line;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }
}
