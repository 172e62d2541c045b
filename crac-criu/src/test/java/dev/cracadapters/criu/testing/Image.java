/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * An image folder, and how it is restored.
 *
 * @param folder where it is
 */
public record Image(Path folder) {

  /** What is in the folder of one that has no copies of temporary files, sorted. */
  public static final List<String> NAMES =
      List.of("SHA256SUMS", "criu", "dump.log", "manifest.json", "perfdata", "restore");

  /**
   * The PID that the process has.
   *
   * @return as the process sees it
   * @throws IOException if the manifest cannot be read
   */
  public long pid() throws IOException {
    for (String line : Files.readAllLines(folder.resolve("manifest.json"))) {
      if (line.contains("\"pid\"")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("No PID in the manifest of " + folder);
  }

  /**
   * Gives its restore script another text, as if the checkpoint had written that.
   *
   * @param edit from the text to the other one
   * @throws IOException if it cannot be read or written
   */
  public void edit(UnaryOperator<String> edit) throws IOException {
    Path script = folder.resolve("restore");
    String text = Files.readString(script);
    String edited = edit.apply(text);
    if (edited.equals(text)) {
      throw new IOException("Nothing was edited in " + script);
    }
    Files.writeString(script, edited);
    List<String> sums = new ArrayList<>(Files.readAllLines(folder.resolve("SHA256SUMS")));
    sums.set(0, sha256(Files.readAllBytes(script)) + "  restore");
    Files.write(folder.resolve("SHA256SUMS"), sums);
  }

  /** As {@code sha256sum} prints it. */
  static String sha256(byte[] bytes) throws IOException {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IOException(e);
    }
  }

  /**
   * A restore to be started.
   *
   * @param options of the restore script, such as {@code --clone}
   * @return a restore to go on with
   */
  public Restore restore(String... options) {
    return new Restore(folder, List.of(options));
  }

  /** A call of the restore script. */
  public static final class Restore {

    private final List<String> command = new ArrayList<>();
    private final Map<String, String> environment = new LinkedHashMap<>();

    private Restore(Path folder, List<String> options) {
      command.add(folder.resolve("restore").toString());
      command.addAll(options);
    }

    /**
     * Arguments for the restored process.
     *
     * @param arguments as {@code RestoreInfo.arguments()} shows them
     * @return this
     */
    public Restore arguments(String... arguments) {
      command.add("--");
      command.addAll(List.of(arguments));
      return this;
    }

    /**
     * An environment variable of the caller.
     *
     * @param name its name
     * @param value its value
     * @return this
     */
    public Restore environment(String name, String value) {
      environment.put(name, value);
      return this;
    }

    /**
     * Runs the script by another shell than {@code sh}, or through another command.
     *
     * @param words put before the script's path
     * @return this
     */
    public Restore by(String... words) {
      command.addAll(0, List.of(words));
      return this;
    }

    /**
     * Starts it.
     *
     * @param outputs the folder for what it writes; its temporary files are put there, too
     * @param name the beginning of those files' names
     * @return the script's process; close it
     * @throws IOException if it cannot be started
     */
    public RunningProcess start(Path outputs, String name) throws IOException {
      environment.putIfAbsent("TMPDIR", outputs.toString());
      return RunningProcess.start(command, environment, outputs, name);
    }
  }
}
