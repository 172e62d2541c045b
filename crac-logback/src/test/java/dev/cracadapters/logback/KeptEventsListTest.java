/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Kept events")
class KeptEventsListTest {

  private final KeptEvents kept = new KeptEvents();

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
  @DisplayName("give back what was added last unless some of it was written")
  void last() throws Exception {
    byte[] notice = "notice".getBytes(StandardCharsets.UTF_8);
    add("one");
    kept.addLast(notice);
    assertThat(kept.takeBack(notice)).isTrue();
    assertThat(written()).isEqualTo("one");
    kept.addLast(notice);
    kept.discardFirst(5);
    assertThat(kept.takeBack(notice)).isFalse();
    assertThat(written()).isEqualTo("tice");
  }

  private void add(String... events) {
    for (String event : events) {
      byte[] bytes = event.getBytes(StandardCharsets.UTF_8);
      kept.add(bytes, 0, bytes.length);
    }
  }

  private String written() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    kept.writeTo(out);
    return out.toString(StandardCharsets.UTF_8);
  }
}
