/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.core.recovery.ResilientFileOutputStream;
import dev.cracadapters.core.audit.OpenStreams;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * How a stream to a file is made of others, so that one like it can be opened that appends. Known
 * are the streams of the JDK and Logback's own. A gzip stream that is closed and one that is
 * appended are two members of one gzip file, which every reader takes as one.
 *
 * @param isPlain whether what is written is in the file as it is, so that the file tells how much
 */
record StreamShape(Layer layers, boolean isPlain) {

  interface Layer {
    OutputStream on(OutputStream inner) throws IOException;
  }

  private static final Map<Class<?>, Layer> KNOWN =
      Map.of(
          BufferedOutputStream.class, BufferedOutputStream::new,
          GZIPOutputStream.class, GZIPOutputStream::new,
          PrintStream.class, PrintStream::new,
          DataOutputStream.class, DataOutputStream::new,
          FilterOutputStream.class, FilterOutputStream::new);

  /** The shape of a stream, null where a part of it is of a class that is not known. */
  static @Nullable StreamShape of(OutputStream stream) {
    try {
      VarHandle out =
          OpenStreams.ofThisProcess()
              .lookup()
              .findVarHandle(FilterOutputStream.class, "out", OutputStream.class);
      return of(stream, out);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  private static @Nullable StreamShape of(OutputStream stream, VarHandle out) {
    Class<?> type = stream.getClass();
    if (type == FileOutputStream.class || isChannelsStream(type)) {
      return new StreamShape(inner -> inner, true);
    }
    if (type == ResilientFileOutputStream.class) {
      return new StreamShape(BufferedOutputStream::new, true);
    }
    Layer layer = KNOWN.get(type);
    if (layer == null || !(out.get((FilterOutputStream) stream) instanceof OutputStream inner)) {
      return null;
    }
    StreamShape below = of(inner, out);
    return below == null
        ? null
        : new StreamShape(
            file -> layer.on(below.layers.on(file)),
            below.isPlain && type != GZIPOutputStream.class);
  }

  /** {@code Files.newOutputStream} gives one of several private classes. */
  private static boolean isChannelsStream(Class<?> type) {
    return type.getName().startsWith("java.nio.channels.Channels")
        || type.getName().startsWith("sun.nio.ch.ChannelOutputStream");
  }

  /** Opens a stream of this shape that appends to a file. */
  OutputStream append(Path file) throws IOException {
    return layers.on(
        Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
  }
}
