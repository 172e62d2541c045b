/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.status.OnPrintStreamStatusListenerBase;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.logback.testing.AuditedCheckpoints;
import dev.cracadapters.logback.testing.Logs;
import dev.cracadapters.logback.testing.Xml;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.FileWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("An appender of a kind that nobody knows")
@Timeout(60)
class NamedByAuditTest {

  /** Has a file in a field of its own. */
  public abstract static class Holding extends AppenderBase<ILoggingEvent> {

    private Object open;
    private String file;

    public void setFile(String file) {
      this.file = file;
    }

    abstract Object open(Path path) throws IOException;

    @Override
    public void start() {
      try {
        open = open(Path.of(file));
        super.start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void stop() {
      try {
        ((Closeable) open).close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      super.stop();
    }

    @Override
    protected void append(ILoggingEvent event) {}
  }

  public static final class Writer extends Holding {
    @Override
    Object open(Path path) throws IOException {
      return new PrintWriter(new BufferedWriter(new FileWriter(path.toFile())));
    }
  }

  public static final class RandomAccess extends Holding {
    @Override
    Object open(Path path) throws IOException {
      return new RandomAccessFile(path.toFile(), "rw");
    }
  }

  public static final class Channel extends Holding {
    @Override
    Object open(Path path) throws IOException {
      return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }
  }

  /** Has the path alone; the stream is where nobody looks for it. */
  public static final class Hidden extends Holding {

    static final ThreadLocal<Closeable> STREAM = new ThreadLocal<>();

    @Override
    Object open(Path path) throws IOException {
      STREAM.set(new FileWriter(path.toFile()));
      return (Closeable) () -> STREAM.get().close();
    }
  }

  public static final class Listener extends OnPrintStreamStatusListenerBase {

    private final PrintStream out;

    Listener(Path path) throws IOException {
      out = new PrintStream(path.toFile());
    }

    @Override
    protected PrintStream getPrintStream() {
      return out;
    }
  }

  @TempDir Path temporary;
  private Logs logs;
  private Path file;

  @BeforeEach
  void setUp() throws Exception {
    logs = new Logs(temporary.toRealPath());
    file = logs.path("own.log");
  }

  @AfterEach
  void tearDown() {
    logs.close();
  }

  private List<String> refusals(AuditMode mode) throws Exception {
    try (AuditedCheckpoints checkpoints = new AuditedCheckpoints(mode)) {
      checkpoints.register(logs.resource);
      return checkpoints.refused().stream()
          .filter(message -> message.contains(logs.folder.toString()))
          .toList();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Writer, LENIENT",
    "Writer, STRICT",
    "RandomAccess, LENIENT",
    "RandomAccess, STRICT",
    "Channel, LENIENT",
    "Hidden, LENIENT",
  })
  @DisplayName("is named by the audit if it holds a file, and the other files come back")
  void named(String type, AuditMode mode) throws Exception {
    String className = NamedByAuditTest.class.getName() + "$" + type;
    Xml.configure(
        logs.context,
        Xml.file("known", logs.path("known.log"))
            + """
            <appender name="odd" class="%s"><file>%s</file></appender>
            <root><appender-ref ref="odd"/></root>
            """
                .formatted(className, file));
    assertThat(refusals(mode))
        .singleElement()
        .asString()
        .contains(
            file
                + " is held by appender odd ("
                + className
                + "), a kind that crac-logback does not know: ");
    logs.logger().info("after");
    assertThat(logs.lines("known.log")).containsExactly("after");
  }

  @Test
  @DisplayName("is no obstacle when it has closed its file")
  void closed() throws Exception {
    Xml.configure(
        logs.context,
        "<appender name=\"odd\" class=\"%s\"><file>%s</file></appender><root><appender-ref ref=\"odd\"/></root>"
            .formatted(Writer.class.getName(), file));
    logs.context.getLogger("ROOT").getAppender("odd").stop();
    try (AuditedCheckpoints checkpoints = new AuditedCheckpoints(AuditMode.LENIENT)) {
      checkpoints.register(logs.resource);
      assertThat(checkpoints.take().outcome()).isEqualTo(Outcome.RESTORED);
    }
  }

  @Test
  @DisplayName("is not blamed for the file of another, and so nobody is")
  void somebodyElses() throws Exception {
    logs.attachFile("known.log");
    try (FileWriter open = new FileWriter(file.toFile())) {
      open.write("x");
      assertThat(refusals(AuditMode.LENIENT))
          .singleElement()
          .asString()
          .doesNotContain("is held by appender");
    }
  }

  @Test
  @DisplayName("is named as well where it is a status listener")
  void statusListener() throws Exception {
    Listener listener = new Listener(file);
    listener.setContext(logs.context);
    listener.start();
    logs.context.getStatusManager().add(listener);
    try {
      assertThat(refusals(AuditMode.LENIENT))
          .singleElement()
          .asString()
          .contains(file + " is held by status listener " + Listener.class.getName());
    } finally {
      listener.out.close();
    }
  }
}
