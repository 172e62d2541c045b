/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.core.status.OnFileStatusListener;
import ch.qos.logback.core.util.FileUtil;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.logback.appender.LogbackMembers;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;

/**
 * The file of one status listener through one checkpoint. The listener stays where it is, and
 * prints into memory meanwhile. Logback tells its listeners under a monitor, and under the same one
 * the streams are exchanged, so that no message meets a closed file.
 */
final class StatusFile extends OutputStream {

  /** Messages are few. Should they not be, the first ones tell why. */
  private static final int MAX_KEPT_BYTES = 1 << 20;

  private static final Duration RETRY_INTERVAL = Duration.ofSeconds(1);

  /** Tells a listener whose file is closed from one that has its file. */
  private static final class StandIn extends PrintStream {
    StandIn(StatusFile file) {
      super(file, true);
    }
  }

  private final OnFileStatusListener listener;
  private final LogbackMembers fields;

  /** Guards what follows. */
  private final Object lock;

  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private long lost;
  private boolean isClosed;
  private boolean isRestored;
  private Deadline nextTry = Deadline.after(Duration.ZERO);

  StatusFile(OnFileStatusListener listener, LogbackMembers fields, Object lock) {
    this.listener = listener;
    this.fields = fields;
    this.lock = lock;
  }

  static boolean isOpen(OnFileStatusListener listener, LogbackMembers fields) {
    PrintStream stream = fields.statusStream.find(listener);
    return listener.isStarted() && stream != null && !(stream instanceof StandIn);
  }

  void closeFile() {
    synchronized (lock) {
      PrintStream open = fields.statusStream.find(listener);
      if (open != null && !(open instanceof StandIn)) {
        fields.statusStream.set(listener, new StandIn(this));
        isClosed = true;
        open.close(); // it writes at once, and keeps nothing back
      }
    }
  }

  /** Says that a file which could not be opened after the last restore is to stay closed again. */
  void closeAgain() {
    synchronized (lock) {
      isRestored = false;
    }
  }

  /**
   * Opens the file and writes the messages that came meanwhile. Does nothing where the listener was
   * stopped.
   *
   * @throws IOException if it cannot be opened; a message tries again once a second
   */
  void openFile() throws IOException {
    synchronized (lock) {
      isRestored = true;
      if (isClosed) {
        try {
          fields.statusStream.set(listener, new PrintStream(append(), true));
          isClosed = false;
        } catch (IOException e) {
          nextTry = Deadline.after(RETRY_INTERVAL);
          throw new IOException(
              "The status listener's file %s cannot be opened again after the restore: %s. Its messages stay in memory, and the first one that finds the file writable writes them"
                  .formatted(listener.getFilename(), e.getMessage()),
              e);
        }
      }
    }
  }

  /** The file, with all that was kept in it. */
  private OutputStream append() throws IOException {
    File file = new File(listener.getFilename());
    if (!FileUtil.createMissingParentDirectories(file)) {
      throw new IOException("its folder cannot be made");
    }
    OutputStream opened = new FileOutputStream(file, true);
    long before = file.length();
    try {
      kept.writeTo(opened);
      if (lost > 0) {
        opened.write(
            "%n%d bytes of further status messages were not kept%n".formatted(lost).getBytes());
      }
      kept.reset();
      lost = 0;
      return opened;
    } catch (IOException e) {
      opened.close();
      byte[] all = kept.toByteArray();
      int written = (int) Math.min(all.length, file.length() - before);
      kept.reset();
      kept.write(all, written, all.length - written);
      throw e;
    }
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    synchronized (lock) {
      if (isClosed && isRestored && nextTry.hasPassed()) {
        try {
          openFile();
        } catch (IOException e) {
          keep(bytes, offset, length);
          return;
        }
      }
      PrintStream open = isClosed ? null : fields.statusStream.find(listener);
      if (open == null || open instanceof StandIn) {
        keep(bytes, offset, length);
      } else {
        open.write(bytes, offset, length);
      }
    }
  }

  private void keep(byte[] bytes, int offset, int length) {
    if (lost > 0 || kept.size() + length > MAX_KEPT_BYTES) {
      lost += length;
    } else {
      kept.write(bytes, offset, length);
    }
  }

  /** The listener is stopped: what was kept is written now. */
  @Override
  public void close() throws IOException {
    synchronized (lock) {
      if (isClosed) {
        isClosed = false;
        if (kept.size() > 0) {
          writeLast();
        }
      }
    }
  }

  private void writeLast() throws IOException {
    try (OutputStream file = append()) {
      file.flush();
    } catch (IOException e) {
      System.err.println(listener.getFilename() + " cannot be written: " + e.getMessage());
      kept.writeTo(System.err);
      System.err.flush();
    }
  }
}
