/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.criu.CriuSettings;
import dev.cracadapters.criu.dump.DumpFailure;
import dev.cracadapters.criu.environment.LiveEnvironment;
import dev.cracadapters.criu.environment.World;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A file that this process holds open over the dump, and by which it learns what became of it. In
 * the original process the dump script writes into it when the dump failed. In a restored one the
 * restore script has put another file in its place, and fills it when it has seen that the image is
 * whole: until then the process waits.
 *
 * <p>Mail is a list of words, each ended by a NUL: {@code failed} and why, or {@code imaged} with
 * the image where the process is to go on, or {@code restored} and what the restore script tells as
 * {@code name=value}, a name as often as there are values, then {@code environment} and the
 * variables of the script's caller as they are; and last {@code end}. It is read a character for
 * each byte, because a variable need not be text in any charset.
 */
public final class Mailbox implements AutoCloseable {

  private static final Duration SLACK = Duration.ofSeconds(60);
  private static final String FAILED = "failed\0";
  private static final String IMAGED = "imaged\0";
  private static final String LAST = "\0end\0";

  private static final Duration TURN = Duration.ofSeconds(1);

  /** Bytes that are there from the beginning, for a failure to be told on a disk that is full. */
  private static final int ROOM = 4096;

  /**
   * How often the file is asked: in a restored process this is what lies between it and its work.
   */
  private static final long PAUSE_NANOS = 250_000;

  private final FileChannel channel;
  private final Path file;

  private Mailbox(FileChannel channel, Path file) {
    this.channel = channel;
    this.file = file;
  }

  public static Mailbox in(Path staging) throws IOException {
    Path file = Files.write(staging.resolve("mailbox"), new byte[ROOM]);
    return new Mailbox(FileChannel.open(file, StandardOpenOption.READ), file);
  }

  /** What CRIU knows the file by: its path without the leading slash. */
  public String key() {
    return key(file);
  }

  public static String key(Path file) {
    return file.toString().substring(1);
  }

  /** Waits until there is mail. Returns in a restored process, and in one that was left running. */
  public Restored await(CriuSettings settings, Path staging)
      throws IOException, RefusedException, InterruptedException {
    // Both time-outs lie in this wait. Its clock stands still between the dump and the restore
    // where CRIU can make a time namespace. Elsewhere it jumps, and one turn is lost by that.
    Duration limit = settings.dumpTimeout().plus(settings.restoreTimeout()).plus(SLACK);
    long turns = limit.dividedBy(TURN);
    Deadline turn = Deadline.after(TURN);
    String mail = read();
    while (mail == null) {
      if (turn.hasPassed()) {
        turns--;
        turn = Deadline.after(TURN);
      }
      if (turns <= 0) {
        throw new RefusedException(
            "CRIU",
            "nothing was heard of the dump within " + limit.toSeconds() + " s",
            "look at " + staging + " and raise crac.criu.dump-timeout");
      }
      LockSupport.parkNanos(this, PAUSE_NANOS);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      mail = read();
    }
    return parse(mail, staging);
  }

  private @Nullable String read() throws IOException {
    long size = channel.size();
    if (size < LAST.length()) {
      return null;
    }
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(size));
    while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) > 0) {
      continue;
    }
    String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1);
    boolean original = text.startsWith(FAILED) || text.startsWith(IMAGED);
    boolean whole = original ? text.contains(LAST) : text.endsWith(LAST);
    return whole ? text : null;
  }

  private static Restored parse(String mail, Path staging) throws RefusedException {
    List<String> words = Arrays.asList(mail.split("\0"));
    if (mail.startsWith(FAILED)) {
      throw DumpFailure.of(World.text(words.get(1)), staging);
    }
    if (mail.startsWith(IMAGED)) {
      Map<String, List<String>> told = told(words.subList(1, words.size() - 1));
      return Restored.leftRunning(
          Path.of(one(told, "image")), Long.parseLong(one(told, "bytes")), parts(told));
    }
    int environmentStart = words.indexOf("environment");
    Map<String, List<String>> told = told(words.subList(1, environmentStart));
    World world =
        World.of(told, words.subList(environmentStart + 1, words.size() - 1), LiveEnvironment::get);
    List<String> arguments = new ArrayList<>();
    for (String word : told.getOrDefault("argument", List.of())) {
      arguments.add(World.text(word));
    }
    RestoreInfo info =
        new RestoreInfo(
            Instant.now(),
            one(told, "instance"),
            world.environmentAsText(),
            world.properties(),
            arguments);
    return new Restored(
        info,
        world,
        Path.of(one(told, "image")),
        Long.parseLong(one(told, "bytes")),
        parts(told),
        Path.of(one(told, "events")),
        Path.of(one(told, "lifeline")),
        told.getOrDefault("stale", List.of()));
  }

  private static Map<String, List<String>> told(List<String> words) {
    Map<String, List<String>> told = new HashMap<>();
    for (String word : words) {
      int equals = word.indexOf('=');
      told.computeIfAbsent(word.substring(0, equals), name -> new ArrayList<>())
          .add(word.substring(equals + 1));
    }
    return told;
  }

  private static List<CheckpointReport.Part> parts(Map<String, List<String>> told) {
    return told.getOrDefault("part", List.of()).stream().map(Mailbox::part).toList();
  }

  /** A part's name and milliseconds, {@code dump=80}. */
  private static CheckpointReport.Part part(String words) {
    int equals = words.indexOf('=');
    return new CheckpointReport.Part(
        words.substring(0, equals), Long.parseLong(words.substring(equals + 1)));
  }

  private static String one(Map<String, List<String>> told, String name) {
    return World.text(told.get(name).get(0));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
