/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPOutputStream;

/** Appenders as libraries and users write them on top of Logback's. */
public class OwnAppender extends OutputStreamAppender<ILoggingEvent> {

  protected String file;

  public void setFile(String file) {
    this.file = file;
  }

  OutputStream open() throws IOException {
    return new FileOutputStream(file, true);
  }

  @Override
  public void start() {
    try {
      setOutputStream(open());
      super.start();
    } catch (IOException e) {
      addError("Cannot open " + file, e);
    }
  }

  /** Knows that it is started, as many do. */
  public static class Guarded extends OwnAppender {
    @Override
    public void start() {
      if (!isStarted()) {
        super.start();
      }
    }
  }

  public static class Buffered extends OwnAppender {
    @Override
    OutputStream open() throws IOException {
      return new BufferedOutputStream(super.open(), 1 << 16);
    }
  }

  /** Begins anew each time it is started. */
  public static class Truncating extends OwnAppender {
    @Override
    OutputStream open() throws IOException {
      return Files.newOutputStream(Path.of(file));
    }
  }

  public static class Channel extends OwnAppender {
    @Override
    OutputStream open() throws IOException {
      return Files.newOutputStream(
          Path.of(file), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }

  public static class Printing extends OwnAppender {
    @Override
    OutputStream open() throws IOException {
      return new PrintStream(new BufferedOutputStream(super.open()));
    }
  }

  public static class Gzip extends OwnAppender {
    @Override
    OutputStream open() throws IOException {
      return new GZIPOutputStream(super.open());
    }
  }

  public static class GuardedGzip extends Guarded {
    @Override
    OutputStream open() throws IOException {
      return new GZIPOutputStream(super.open());
    }
  }

  /** A stream of a class that nobody knows, as that of a compressing library. */
  static final class Opaque extends FilterOutputStream {
    Opaque(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }
  }

  public static class Unknown extends OwnAppender {
    @Override
    OutputStream open() throws IOException {
      return new Opaque(super.open());
    }
  }

  public static class GuardedUnknown extends Guarded {
    @Override
    OutputStream open() throws IOException {
      return new Opaque(super.open());
    }
  }

  /** Its stream has no start to open it. */
  public static class RandomAccess extends OwnAppender {
    @Override
    OutputStream open() throws IOException {
      RandomAccessFile random = new RandomAccessFile(file, "rw");
      return new OutputStream() {
        @Override
        public void write(int b) throws IOException {
          random.write(b);
        }

        @Override
        public void close() throws IOException {
          random.close();
        }
      };
    }
  }

  /** Writes past OutputStreamAppender. */
  public static class Writing extends OwnAppender {
    private OutputStream own;

    @Override
    OutputStream open() throws IOException {
      own = super.open();
      return own;
    }

    @Override
    protected void writeOut(ILoggingEvent event) throws IOException {
      own.write(encoder.encode(event));
    }
  }

  /** Has one file for each time it is started. */
  public static class Numbered extends OwnAppender {
    private int number;

    @Override
    OutputStream open() throws IOException {
      return new FileOutputStream(file + "." + ++number, true);
    }
  }

  public static class ToConsole extends OwnAppender {
    @Override
    OutputStream open() {
      return new BufferedOutputStream(new FileOutputStream(java.io.FileDescriptor.out), 1) {
        @Override
        public void close() {
          // The test's own JVM needs it.
        }
      };
    }
  }

  public static class ToSocket extends OwnAppender {
    @Override
    OutputStream open() throws IOException {
      return new Socket("127.0.0.1", Integer.parseInt(file)).getOutputStream();
    }
  }
}
