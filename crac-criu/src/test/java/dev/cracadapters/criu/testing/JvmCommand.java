/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A JVM to be started, with the class path and the java of this one unless something else is said.
 */
public final class JvmCommand {

  private final List<String> before = new ArrayList<>();
  private final List<String> program;

  /** The fast compiler alone: what these JVMs do is over before the other one pays. */
  private final List<String> options = new ArrayList<>(List.of("-XX:TieredStopAtLevel=1"));

  private final List<String> arguments = new ArrayList<>();
  private final Map<String, String> environment = new LinkedHashMap<>();
  private Path javaHome = Path.of(System.getProperty("java.home"));
  private String classPath = System.getProperty("java.class.path");

  private JvmCommand(String... program) {
    this.program = List.of(program);
  }

  /**
   * A main class.
   *
   * @param name its full name
   * @return a command to go on with
   */
  public static JvmCommand ofMainClass(String name) {
    return new JvmCommand(name);
  }

  /**
   * An executable jar.
   *
   * @param jar its path
   * @return a command to go on with
   */
  public static JvmCommand ofJar(Path jar) {
    JvmCommand command = new JvmCommand("-jar", jar.toString());
    command.classPath = "";
    return command;
  }

  /**
   * Another JDK.
   *
   * @param home its folder
   * @return this
   */
  public JvmCommand javaHome(Path home) {
    javaHome = home;
    return this;
  }

  /**
   * Takes out of the class path what is not needed.
   *
   * @param names parts of file names
   * @return this
   */
  public JvmCommand without(String... names) {
    classPath =
        Arrays.stream(classPath.split(File.pathSeparator))
            .filter(
                entry ->
                    Arrays.stream(names)
                        .noneMatch(name -> Path.of(entry).getFileName().toString().contains(name)))
            .collect(Collectors.joining(File.pathSeparator));
    return this;
  }

  /**
   * Puts more at the end of the class path.
   *
   * @param entries jars or folders
   * @return this
   */
  public JvmCommand with(Path... entries) {
    for (Path entry : entries) {
      classPath += File.pathSeparator + entry;
    }
    return this;
  }

  /**
   * Takes the class path from a copy that every user may read, for a JVM of another user.
   *
   * @return this
   * @throws IOException if it cannot be copied
   */
  public JvmCommand forEveryone() throws IOException {
    List<String> copies = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator)) {
      copies.add(EveryonesCopy.of(Path.of(entry)).toString());
    }
    classPath = String.join(File.pathSeparator, copies);
    return this;
  }

  /**
   * Starts it through another command.
   *
   * @param words put before setsid and java
   * @return this
   */
  public JvmCommand by(String... words) {
    before.addAll(0, List.of(words));
    return this;
  }

  /**
   * Options of the JVM.
   *
   * @param more added to those before
   * @return this
   */
  public JvmCommand options(String... more) {
    options.addAll(List.of(more));
    return this;
  }

  /**
   * A system property.
   *
   * @param name its name
   * @param value its value
   * @return this
   */
  public JvmCommand property(String name, Object value) {
    return options("-D" + name + '=' + value);
  }

  /**
   * Where the checkpoint goes, and the CRIU that takes it.
   *
   * @param folder the image folder
   * @return this
   */
  public JvmCommand image(Path folder) {
    return property("crac.image", folder).property("crac.criu", WorkingCriu.here().path());
  }

  /**
   * Arguments of the program.
   *
   * @param more added to those before
   * @return this
   */
  public JvmCommand arguments(String... more) {
    arguments.addAll(List.of(more));
    return this;
  }

  /**
   * An environment variable.
   *
   * @param name its name
   * @param value its value
   * @return this
   */
  public JvmCommand environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /**
   * The command in words, to be run in another way than by {@link #start}. In a session of its own:
   * CRIU dumps no process whose session leader is outside its PID namespace, and the tests may well
   * run in a namespace that was made without one. A child of this JVM leads no process group, so
   * {@code setsid} becomes java without a fork.
   *
   * @return what was put before, setsid, java and its arguments
   */
  public List<String> words() {
    List<String> words = new ArrayList<>(before);
    words.add("setsid");
    words.addAll(java());
    return words;
  }

  /**
   * The command without a session of its own, for a shell that has one and a terminal, too.
   *
   * @return java and its arguments
   */
  public List<String> java() {
    List<String> words = new ArrayList<>();
    words.add(javaHome.resolve("bin/java").toString());
    words.addAll(options);
    if (!classPath.isEmpty()) {
      words.addAll(List.of("-cp", classPath));
    }
    words.addAll(program);
    words.addAll(arguments);
    return words;
  }

  /**
   * Starts it, in a process that is a child of this one.
   *
   * @param outputs the folder for what it writes to its standard streams
   * @param name the beginning of those files' names
   * @return the process; close it
   * @throws IOException if it cannot be started
   */
  public RunningProcess start(Path outputs, String name) throws IOException {
    return RunningProcess.start(words(), environment, outputs, name);
  }
}
