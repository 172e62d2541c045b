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
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A file that this process holds open over the dump, and from which it learns what became of it:
 * from the dump script; or in a restored process from the restore script, which has put another
 * file in its place, and fills it when it has seen that the image is whole.
 *
 * <p>{@link Mail} is a list of words, each ended by a NUL: {@code failed} and the reason; or {@code
 * imaged} and fields {@code name=value}, behind whose end may be {@code said=}; or {@code restored}
 * and fields, a name as often as there are values, then {@code environment} and the variables of
 * the script's caller as they are. Last comes {@code end}. It is read a character for each byte,
 * because a variable need not be text in any charset.
 */
public final class Mailbox implements AutoCloseable {

  private static final Duration SLACK = Duration.ofSeconds(60);
  private static final String FAILED = "failed\0";
  private static final String IMAGED = "imaged\0";
  private static final String RESTORED = "restored\0";
  private static final String EVENTS = "events=";
  private static final String ENVIRONMENT = "environment";
  private static final String SAID = "said=";
  private static final String END = "end";
  private static final String LAST = "\0" + END + "\0";
  private static final Duration TURN = Duration.ofSeconds(1);

  /** Written at the start, so that a failure can be reported on a disk that is full. */
  private static final int RESERVED_BYTES = 4096;

  /** In a restored process this pause lies between the mail and the process's work. */
  private static final long POLL_PAUSE_NANOS = 250_000;

  /** No channel: that is closed by an interrupt of the thread that reads it. */
  private final RandomAccessFile content;

  private final Path file;
  private boolean isClosed;

  private Mailbox(RandomAccessFile content, Path file) {
    this.content = content;
    this.file = file;
  }

  /** A new one in the staging folder. */
  public static Mailbox in(Path staging) throws IOException {
    Path file = Files.write(staging.resolve("mailbox"), new byte[RESERVED_BYTES]);
    return new Mailbox(new RandomAccessFile(file.toFile(), "r"), file);
  }

  /** The name under which CRIU knows the file: its path without the leading slash. */
  public String key() {
    return file.toString().substring(1);
  }

  /** Waits until there is mail, in whichever process. */
  public Mail await(CriuSettings settings, Path staging, DumpProcesses scripts)
      throws IOException, RefusedException, InterruptedException {
    return parse(awaitText(settings, staging, scripts));
  }

  /**
   * Ends this process where it is a restored one, which must not come up as the one that was
   * refused a checkpoint; otherwise nothing.
   *
   * @param failure why it cannot come up
   */
  public void endIfRestored(Throwable failure) {
    if (isOfRestored()) {
      RestoredProcess.end(awaitEvents(), failure);
    }
  }

  /** Whether this is the restore script's file, which has nothing in it until the mail comes. */
  private boolean isOfRestored() {
    try {
      return content.length() == 0 || text().startsWith(RESTORED);
    } catch (IOException e) {
      return false;
    }
  }

  /** The FIFO that the mail names, whatever else is in it; empty if there is none in a while. */
  private Optional<Path> awaitEvents() {
    Deadline limit = Deadline.after(SLACK);
    try {
      String mail = read();
      while (mail == null && !limit.hasPassed()) {
        LockSupport.parkNanos(this, POLL_PAUSE_NANOS);
        Thread.interrupted(); // or it would not pause
        mail = read();
      }
      return Stream.ofNullable(mail)
          .flatMap(text -> Stream.of(text.split("\0")))
          .filter(word -> word.startsWith(EVENTS))
          .map(word -> RawPath.of(word.substring(EVENTS.length())))
          .findFirst();
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  private String awaitText(CriuSettings settings, Path staging, DumpProcesses scripts)
      throws IOException, RefusedException, InterruptedException {
    // Both time-outs lie in this wait, that of a restore once more for its trial. Its clock stands
    // still between the dump and the restore where CRIU can make a time namespace. Elsewhere it
    // jumps, and one turn is lost by that.
    Duration limit =
        settings.dumpTimeout().plus(settings.restoreTimeout().multipliedBy(2)).plus(SLACK);
    long turns = limit.dividedBy(TURN);
    Deadline turn = Deadline.after(TURN);
    String mail = read();
    while (mail == null) {
      if (turn.hasPassed()) {
        turns--;
        turn = Deadline.after(TURN);
        boolean alone = !isOfRestored() && scripts.haveEnded();
        mail = read(); // which they may have written last
        if (alone && mail == null) {
          throw new RefusedException(
              "CRIU",
              "the dump script and its guard were killed",
              "See what killed them, and whether " + staging.getParent() + " has an image");
        }
        continue;
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
    return mail;
  }

  /** Whether mail has come: a question, which leaves it there. */
  boolean hasMail() {
    try {
      return read() != null;
    } catch (IOException e) {
      return false; // who waits for it is told
    }
  }

  /** The mail, once all of it is there. */
  private @Nullable String read() throws IOException {
    if (content.length() < LAST.length()) {
      return null;
    }
    String text = text();
    boolean original = text.startsWith(FAILED) || text.startsWith(IMAGED);
    boolean whole = original ? text.contains(LAST) : text.endsWith(LAST);
    return whole ? text : null;
  }

  private String text() throws IOException {
    byte[] bytes = new byte[Math.toIntExact(content.length())];
    content.seek(0);
    int count = 0;
    for (int more = 1; more > 0; count += Math.max(more, 0)) {
      more = content.read(bytes, count, bytes.length - count);
    }
    return new String(bytes, 0, count, StandardCharsets.ISO_8859_1);
  }

  private static Mail parse(String text) {
    List<String> words = Arrays.asList(text.split("\0"));
    if (text.startsWith(FAILED)) {
      return new Mail.Failed(RestoreEnvironment.text(words.get(1)));
    }
    if (text.startsWith(IMAGED)) {
      int end = words.indexOf(END);
      Optional<String> said =
          words.stream().skip(end).filter(word -> word.startsWith(SAID)).findFirst();
      return new Mail.Imaged(
          image(fields(words.subList(1, end))),
          said.map(word -> RestoreEnvironment.text(word.substring(SAID.length()))).orElse(null));
    }
    Map<String, List<String>> fields = restoredFields(words);
    int environmentStart = words.indexOf(ENVIRONMENT);
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
        path(fields, "events"),
        path(fields, "lifeline"),
        fields.containsKey("counters") ? path(fields, "counters") : null,
        all(fields, "stale").stream()
            .map(RestoreEnvironment::text)
            .map(StaleFiles.StaleFile::parse)
            .toList());
  }

  /** Mail of a restore script that there is none of, read as a restored process reads its own. */
  public static Mail.Restored rehearse() {
    List<String> words = new ArrayList<>(List.of("restored", "instance=", "image=/", "bytes=0"));
    words.addAll(List.of("part=dump=0", "events=/", "lifeline=/", "counters=/", "stale=0:-:/"));
    words.addAll(List.of("argument=", "property=-=", "variable=-=", ENVIRONMENT, "-=", END));
    return (Mail.Restored) parse(String.join("\0", words) + '\0');
  }

  private static Map<String, List<String>> restoredFields(List<String> words) {
    return fields(words.subList(1, words.indexOf(ENVIRONMENT)));
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
        path(fields, "image"),
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

  private static Path path(Map<String, List<String>> fields, String name) {
    return RawPath.of(fields.get(name).get(0));
  }

  /** Calling it again does nothing. */
  @Override
  public void close() throws IOException {
    if (!isClosed) {
      isClosed = true;
      content.close();
    }
  }
}
