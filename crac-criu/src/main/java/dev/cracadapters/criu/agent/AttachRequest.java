/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.agent;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * A checkpoint that the command asks of a JVM by attach, and the folder through which both talk:
 * the command by {@link #REQUEST} and {@link #GO}, the agent by {@link #BEGUN} and, unless the
 * process has ended by then, {@link #OUTCOME}.
 */
public final class AttachRequest {

  /** What is asked: {@code image}, {@code leave-running}, {@code criu}. */
  public static final String REQUEST = "request";

  /** Made when the attach connection is closed. */
  public static final String GO = "go";

  /** The {@code image} that is about to be taken. */
  public static final String BEGUN = "begun";

  /** The report, with the names of {@code CheckpointMXBean}. */
  public static final String OUTCOME = "outcome";

  /** The agent: {@link CheckpointAgent} and what it needs. */
  public static final String AGENT_JAR = "agent.jar";

  /** The engine, for a JVM that has none. */
  public static final String COMMAND_JAR = "crac-criu.jar";

  /** All that the two of them put into the folder, whenever one of them is killed. */
  public static final List<String> FILES =
      List.of(
          REQUEST,
          AGENT_JAR,
          COMMAND_JAR,
          GO,
          BEGUN,
          OUTCOME,
          unfinished(BEGUN),
          unfinished(OUTCOME));

  private static final long GO_LIMIT_NANOS = 30_000_000_000L;
  private static final long POLL_PAUSE_MILLIS = 5;

  private final Path folder;

  AttachRequest(Path folder) {
    this.folder = folder;
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  String field(String name) throws IOException {
    return read(file(REQUEST)).getProperty(name, "");
  }

  /** Whether the command has detached, and the connection is closed, within the limit. */
  boolean awaitGo() throws IOException, InterruptedException {
    long end = System.nanoTime() + GO_LIMIT_NANOS;
    while (!Files.exists(file(GO)) || AttachConnection.isOpen()) {
      if (System.nanoTime() - end > 0) {
        return false;
      }
      Thread.sleep(POLL_PAUSE_MILLIS);
    }
    return true;
  }

  void answer(String name, Map<String, String> fields) throws IOException {
    write(folder, name, fields);
  }

  /** Reads one of the files. */
  public static Properties read(Path file) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    return properties;
  }

  /** What is in one of the files. */
  public static byte[] text(Map<String, String> fields) throws IOException {
    Properties properties = new Properties();
    properties.putAll(fields);
    StringWriter text = new StringWriter();
    properties.store(text, null);
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String unfinished(String name) {
    return "." + name;
  }

  /** Writes one of the files, which is there whole or not at all. */
  private static void write(Path folder, String name, Map<String, String> fields)
      throws IOException {
    Path unfinished = folder.resolve(unfinished(name));
    Files.write(unfinished, text(fields));
    Files.move(unfinished, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }
}
