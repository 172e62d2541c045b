/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.criu.CriuSettings;
import dev.cracadapters.criu.environment.LiveEnvironment;
import dev.cracadapters.criu.environment.RestoreEnvironment;
import dev.cracadapters.criu.policy.StaleFiles;
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
 * A file that this process holds open over the dump, and from which it learns what became of it:
 * from the dump script; or in a restored process from the restore script, which has put another
 * file in its place, and fills it when it has seen that the image is whole.
 *
 * <p>{@link Mail} is a list of words, each ended by a NUL: {@code failed} and the reason; or {@code
 * imaged} and fields {@code name=value}; or {@code restored} and fields, a name as often as there
 * are values, then {@code environment} and the variables of the script's caller as they are. Last
 * comes {@code end}. It is read a character for each byte, because a variable need not be text in
 * any charset.
 */
public final class Mailbox implements AutoCloseable {

  private static final Duration SLACK = Duration.ofSeconds(60);
  private static final String FAILED = "failed\0";
  private static final String IMAGED = "imaged\0";
  private static final String LAST = "\0end\0";
  private static final Duration TURN = Duration.ofSeconds(1);

  /** Written at the start, so that a failure can be reported on a disk that is full. */
  private static final int RESERVED_BYTES = 4096;

  /** In a restored process this pause lies between the mail and the process's work. */
  private static final long POLL_PAUSE_NANOS = 250_000;

  private final FileChannel channel;
  private final Path file;

  private Mailbox(FileChannel channel, Path file) {
    this.channel = channel;
    this.file = file;
  }

  /** A new one in the staging folder. */
  public static Mailbox in(Path staging) throws IOException {
    Path file = Files.write(staging.resolve("mailbox"), new byte[RESERVED_BYTES]);
    return new Mailbox(FileChannel.open(file, StandardOpenOption.READ), file);
  }

  /** The name under which CRIU knows the file: its path without the leading slash. */
  public String key() {
    return file.toString().substring(1);
  }

  /** Waits until there is mail, in whichever process. */
  public Mail await(CriuSettings settings, Path staging)
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
            "the dump script has not reported within " + limit.toSeconds() + " s",
            "look at " + staging + " and raise crac.criu.dump-timeout");
      }
      LockSupport.parkNanos(this, POLL_PAUSE_NANOS);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      mail = read();
    }
    return parse(mail);
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

  private static Mail parse(String text) {
    List<String> words = Arrays.asList(text.split("\0"));
    if (text.startsWith(FAILED)) {
      return new Mail.Failed(RestoreEnvironment.text(words.get(1)));
    }
    if (text.startsWith(IMAGED)) {
      return new Mail.Imaged(image(fields(words.subList(1, words.size() - 1))));
    }
    int environmentStart = words.indexOf("environment");
    Map<String, List<String>> fields = fields(words.subList(1, environmentStart));
    RestoreEnvironment environment =
        RestoreEnvironment.of(
            fields, words.subList(environmentStart + 1, words.size() - 1), LiveEnvironment::get);
    RestoreInfo info =
        new RestoreInfo(
            Instant.now(),
            first(fields, "instance"),
            environment.environmentAsText(),
            environment.properties(),
            all(fields, "argument").stream().map(RestoreEnvironment::text).toList());
    return new Mail.Restored(
        image(fields),
        info,
        environment,
        Path.of(first(fields, "events")),
        Path.of(first(fields, "lifeline")),
        all(fields, "stale").stream()
            .map(RestoreEnvironment::text)
            .map(StaleFiles.StaleFile::parse)
            .toList());
  }

  private static Map<String, List<String>> fields(List<String> words) {
    Map<String, List<String>> fields = new HashMap<>();
    for (String word : words) {
      String[] field = word.split("=", 2);
      fields.computeIfAbsent(field[0], name -> new ArrayList<>()).add(field[1]);
    }
    return fields;
  }

  private static CheckpointReport.Image image(Map<String, List<String>> fields) {
    return new CheckpointReport.Image(
        Path.of(first(fields, "image")),
        Long.parseLong(first(fields, "bytes")),
        all(fields, "part").stream().map(Mailbox::part).toList());
  }

  /** A part's name and milliseconds, {@code dump=80}. */
  private static CheckpointReport.Part part(String word) {
    String[] part = word.split("=", 2);
    return new CheckpointReport.Part(part[0], Long.parseLong(part[1]));
  }

  private static List<String> all(Map<String, List<String>> fields, String name) {
    return fields.getOrDefault(name, List.of());
  }

  private static String first(Map<String, List<String>> fields, String name) {
    return RestoreEnvironment.text(fields.get(name).get(0));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
