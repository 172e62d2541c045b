/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.encoder.EncoderBase;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.event.EventBound;
import dev.cracadapters.logback.event.LoggerGate;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The kept events of a file")
class EventBufferTest {

  private final FileAppender<ILoggingEvent> appender = new FileAppender<>();
  private final DroppedEvents dropped = new DroppedEvents(appender, new NoOpening());
  private final EventBuffer kept = buffer(LogbackSettings.defaults());

  private EventBuffer buffer(LogbackSettings settings) {
    return new EventBuffer(EventBound.of(settings, new LoggerGate(Duration.ofSeconds(1))), dropped);
  }

  @Test
  @DisplayName("lose their oldest first")
  void oldest() throws Exception {
    add("one", "two", "three");
    assertThat(kept.dropOldest()).isEqualTo(3);
    assertThat(written()).isEqualTo("twothree");
  }

  @Test
  @DisplayName("do not lose the rest of an event that is half in the file")
  void rest() throws Exception {
    add("one", "second", "three");
    kept.discardFirst(5);
    assertThat(kept.dropOldest()).isEqualTo(5);
    assertThat(written()).isEqualTo("cond");
    assertThat(kept.dropOldest()).isZero();
    assertThat(written()).isEqualTo("cond");
    kept.discardFirst(4);
    add("four", "five");
    assertThat(kept.dropOldest()).isEqualTo(4);
    assertThat(written()).isEqualTo("five");
  }

  @Test
  @DisplayName("have a notice behind them, which is taken back unless some of it was written")
  void notice() throws Exception {
    LoggerContext context = new LoggerContext();
    appender.setContext(context);
    appender.setEncoder(new Notice());
    add("one");
    dropped.add(1, "buffer-size 1");
    assertThatThrownBy(() -> kept.writeBy(events -> fail(events, 0)))
        .isInstanceOf(IOException.class);
    assertThat(written()).isEqualTo("one");
    assertThatThrownBy(() -> kept.writeBy(events -> fail(events, 5)))
        .isInstanceOf(IOException.class);
    assertThat(written()).isEqualTo("tice");
    kept.writeBy(events -> 0);
    assertThat(written()).isEqualTo("tice");
  }

  @Test
  @DisplayName("are full by their bytes as well as by their number")
  void full() {
    EventBuffer small = buffer(LogbackSettings.defaults().withBufferBytes(10));
    small.add(new byte[9], 0, 9, false);
    assertThat(small.isFull()).isFalse();
    small.add(new byte[1], 0, 1, false);
    assertThat(small.isFull()).isTrue();
    small.dropOldest();
    assertThat(small.isFull()).isFalse();
  }

  private static long fail(EventBuffer events, int written) throws IOException {
    events.discardFirst(written);
    throw new IOException("disk full");
  }

  private void add(String... events) {
    for (String event : events) {
      byte[] bytes = event.getBytes(StandardCharsets.UTF_8);
      kept.keep(bytes, 0, bytes.length);
    }
  }

  private String written() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    kept.writeTo(out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static final class Notice extends EncoderBase<ILoggingEvent> {
    @Override
    public byte[] headerBytes() {
      return new byte[0];
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
      return "notice".getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] footerBytes() {
      return new byte[0];
    }
  }

  private static final class NoOpening implements FileOpening {
    @Override
    public String file() {
      return "app.log";
    }

    @Override
    public long run(EventBuffer kept, boolean isStopping) {
      throw new UnsupportedOperationException();
    }
  }
}
