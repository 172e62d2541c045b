/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.util.CloseUtil;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.appender.FileHolders;
import dev.cracadapters.logback.appender.LogbackMembers;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Opens what an appender of a library's or a user's own writes to. The appender does it itself, by
 * its {@code start}, where that appends: it knows the file's name and form best. Where it does not
 * (many return at once when they are started), the file is opened here.
 */
final class OwnOpening<E> implements FileOpening {

  private final OutputStreamAppender<E> appender;
  private final LogbackMembers fields;
  private @Nullable OwnStream stream;

  private OwnOpening(OutputStreamAppender<E> appender, LogbackMembers fields) {
    this.appender = appender;
    this.fields = fields;
  }

  /** Null where the appender writes to memory or the console, or nothing of it is open. */
  static <E> @Nullable OwnOpening<E> of(OutputStreamAppender<E> appender, LogbackMembers fields) {
    OutputStream open = appender.getOutputStream();
    return open != null && !KeepingStream.isStandIn(open) && OwnStream.isHeldBy(open)
        ? new OwnOpening<>(appender, fields)
        : null;
  }

  @Override
  public String file() {
    OwnStream known = stream;
    return known == null ? FileHolders.describe(appender) : known.path().toString();
  }

  @Override
  public void beforeClosing() throws RefusedException {
    stream = OwnStream.of(appender, appender.getOutputStream());
  }

  @Override
  public long run(EventBuffer kept, boolean isStopping) throws IOException {
    OwnStream found = stream;
    if (found == null) {
      throw new IllegalStateException("Nothing was closed");
    }
    boolean done = false;
    long before = found.path().toFile().length();
    fields.stream.set(appender, null);
    try {
      OutputStream opened = open(found, isStopping);
      Path file = OwnStream.fileOf(opened);
      // The appender may have opened another file than the former; a gzip stream has a head.
      long length = file == null || file.equals(found.path()) ? before : Files.size(file);
      OutputStream out = fields.inner(opened);
      Encoder<E> encoder = appender.getEncoder();
      byte[] header = length > 0 || encoder == null ? null : encoder.headerBytes();
      if (header != null) {
        out.write(header);
      }
      kept.writeTo(opened, out, file != null && found.shape().isPlain() ? file.toFile() : null);
      done = true;
      return length;
    } finally {
      if (!done) {
        CloseUtil.closeQuietly(appender.getOutputStream());
        fields.stream.set(appender, null);
      }
    }
  }

  private OutputStream open(OwnStream found, boolean isStopping) throws IOException {
    Files.createDirectories(found.path().getParent());
    // An appender that is being stopped must not start its other parts once more.
    if (found.byStart() && !isStopping) {
      try {
        OutputStream opened = byStart();
        if (opened != null) {
          return opened;
        }
      } catch (RuntimeException e) {
        appender.addWarn("Its start() failed; the file is opened without it", e);
      }
    }
    OutputStream opened = found.append();
    fields.stream.set(appender, opened);
    return opened;
  }

  /** The stream that the appender's own start gave it, null if it gave none. */
  private @Nullable OutputStream byStart() {
    Encoder<E> encoder = appender.getEncoder();
    // Both giving a started appender a stream and starting it write a header.
    if (encoder != null) {
      appender.setEncoder(new HeaderlessEncoder<>(encoder));
    }
    try {
      appender.start();
    } finally {
      if (appender.getEncoder() instanceof HeaderlessEncoder<E>) {
        appender.setEncoder(encoder);
      }
      if (!appender.isStarted()) {
        fields.started.set(appender, true); // else it would drop its events
      }
    }
    return appender.getOutputStream();
  }
}
