/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.agent;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Properties;

/**
 * A checkpoint that the command asks of a JVM by attach, and the folder through which both talk.
 * The command writes {@link #REQUEST}, the agent's jar and its own, loads the agent, and makes
 * {@link #GO} when it has detached from the process. The agent writes {@link #BEGUN} with the image
 * folder, and last {@link #OUTCOME}, unless the process has ended by then.
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

  private static final long GO_LIMIT_NANOS = 30_000_000_000L;
  private static final long POLL_PAUSE_MILLIS = 5;

  private final Path folder;

  AttachRequest(Path folder) {
    this.folder = folder;
  }

  Path agentJar() {
    return folder.resolve(AGENT_JAR);
  }

  Path commandJar() {
    return folder.resolve(COMMAND_JAR);
  }

  String field(String name) throws IOException {
    return read(folder.resolve(REQUEST)).getProperty(name, "");
  }

  boolean awaitGo() throws InterruptedException {
    long end = System.nanoTime() + GO_LIMIT_NANOS;
    while (!Files.exists(folder.resolve(GO))) {
      if (System.nanoTime() - end > 0) {
        return false;
      }
      Thread.sleep(POLL_PAUSE_MILLIS);
    }
    return true;
  }

  void begin(String image) throws IOException {
    write(folder, BEGUN, Map.of("image", image));
  }

  void finish(Map<String, String> report) throws IOException {
    write(folder, OUTCOME, report);
  }

  /**
   * Reads one of the files.
   *
   * @param file its path
   * @return its fields
   * @throws IOException if it cannot be read
   */
  public static Properties read(Path file) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    return properties;
  }

  /**
   * Writes one of the files, which is there whole or not at all.
   *
   * @param folder the request's
   * @param name the file's
   * @param fields what it says
   * @throws IOException if it cannot be written
   */
  public static void write(Path folder, String name, Map<String, String> fields)
      throws IOException {
    Properties properties = new Properties();
    properties.putAll(fields);
    Path unfinished = folder.resolve("." + name);
    try (Writer writer = Files.newBufferedWriter(unfinished)) {
      properties.store(writer, null);
    }
    Files.move(unfinished, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }
}
