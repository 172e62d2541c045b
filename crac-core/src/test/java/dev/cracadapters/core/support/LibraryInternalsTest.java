/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

@DisplayName("The internals of a library")
class LibraryInternalsTest {

  private static final LibraryInternals LIBRARY =
      LibraryInternals.of("Logback", Logger.class, "crac-logback");

  private final Logger log = (Logger) LoggerFactory.getLogger(LibraryInternals.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  @BeforeEach
  void listen() {
    logged.start();
    log.addAppender(logged);
    log.setLevel(Level.WARN);
  }

  @AfterEach
  void stopListening() {
    log.setLevel(null);
    log.detachAppender(logged);
  }

  @SuppressWarnings("unused")
  private static class Base {
    private final List<String> names = List.of("one");
    private int count = 3;

    private String join(String other) throws IOException {
      if (other.isEmpty()) {
        throw new IOException("empty");
      }
      if (other.isBlank()) {
        throw new IllegalArgumentException("blank");
      }
      return names.get(0) + other;
    }
  }

  private static final class Derived extends Base {}

  @Test
  @DisplayName("are read and written, also in the class above, and final ones too")
  void fields() {
    Derived object = new Derived();
    InternalField<Integer> count = LIBRARY.field(Derived.class, "count", int.class);
    InternalField<List<String>> names = LIBRARY.field(Base.class, "names", List.class);

    count.set(object, 4);
    names.set(object, List.of("two"));

    assertThat(count.get(object)).isEqualTo(4);
    assertThat(names.get(object)).containsExactly("two");
    assertThat(names.type()).isEqualTo(List.class);
    names.set(object, null);
    assertThat(names.find(object)).isNull();
    assertThatThrownBy(() -> names.get(object))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("names");
  }

  @Test
  @DisplayName("are called, and throw what they throw; what is checked becomes a cause")
  void methods() {
    InternalMethod join = LIBRARY.method(Derived.class, "join", String.class);

    assertThat(join.call(new Derived(), "+")).isEqualTo("one+");
    assertThatThrownBy(() -> join.call(new Derived(), " "))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> join.call(new Derived(), ""))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Base.join() failed: java.io.IOException: empty")
        .hasCauseInstanceOf(IOException.class);
  }

  @Test
  @DisplayName("that are not in every version can be asked for")
  void differs() {
    assertThat(LIBRARY.hasField(Derived.class, "count")).isTrue();
    assertThat(LIBRARY.hasField(Derived.class, "amount")).isFalse();
    assertThat(LIBRARY.hasMethod(Derived.class, "join", String.class)).isTrue();
    assertThat(LIBRARY.hasMethod(Derived.class, "join")).isFalse();
    assertThat(LIBRARY.findType("ch.qos.logback.Nothing")).isEmpty();
    assertThat(LIBRARY.type(Logger.class.getName())).isEqualTo(Logger.class);
  }

  @Test
  @DisplayName("that are required and missing refuse, after one warning with library and version")
  void required() {
    InternalGroup<Object> group =
        LIBRARY.required(() -> LIBRARY.field(Base.class, "amount", int.class));

    String problem =
        "Logback "
            + LIBRARY.version()
            + " is not supported: there is no Base.amount. Use a version"
            + " that the README of crac-logback lists";
    assertThat(group.isAvailable()).isFalse();
    assertThatThrownBy(group::get)
        .isInstanceOf(RefusedException.class)
        .hasMessage("crac-logback: " + problem);
    assertThat(logged.list)
        .singleElement()
        .hasToString("[WARN] crac-logback is turned off and refuses every checkpoint. " + problem);
  }

  @Test
  @DisplayName("that are optional and missing turn one feature off, after one warning")
  void optional() {
    InternalGroup<Object> group =
        LIBRARY.optional("counting", () -> LIBRARY.field(Base.class, "count", String.class));

    assertThat(group.find()).isEmpty();
    assertThat(logged.list)
        .singleElement()
        .asString()
        .startsWith("[WARN] crac-logback turns counting off. Logback 1.")
        .contains("Base.count is a int, not a java.lang.String");
  }

  @Test
  @DisplayName("that are missing as a class are missing as any")
  void noClass() {
    InternalGroup<Object> group =
        LIBRARY.required(
            () -> {
              throw new NoClassDefFoundError("gone/Type");
            });

    assertThatThrownBy(group::get).hasMessageContaining("gone/Type");
  }

  @Test
  @DisplayName("that are all there are given without a word")
  void complete() throws RefusedException {
    InternalGroup<String> group = LIBRARY.required(() -> "all");

    assertThat(group.get()).isEqualTo("all");
    assertThat(group.find()).contains("all");
    assertThat(logged.list).isEmpty();
  }

  @Test
  @DisplayName("are told with a version")
  void version() {
    assertThat(LIBRARY.version()).matches("1\\.\\d+\\.\\d+.*");
    assertThat(LibraryInternals.of("JUnit", DisplayName.class, "x").version())
        .matches("\\d+\\.\\d+.*");
  }

  @Test
  @DisplayName("are named with the option that opens them where they are closed")
  void closed() {
    LibraryInternals library = LibraryInternals.of("java.base", Object.class, "crac-x");

    assertThatThrownBy(() -> library.field(String.class, "hash", int.class))
        .isInstanceOf(UnsupportedLibraryException.class)
        .hasMessageContaining("keeps String.hash closed")
        .hasMessageEndingWith("Start Java with --add-opens java.base/java.lang=ALL-UNNAMED");
  }

  @Test
  @DisplayName("are open in the JDK, also those that reflection hides")
  void jdk() throws ReflectiveOperationException {
    LibraryInternals jdk = LibraryInternals.ofJdk("crac-core");

    assertThat(jdk.field(String.class, "hash", int.class).get("a")).isBetween(0, 97);
    assertThat(jdk.field(Class.class, "classLoader").get(getClass()))
        .isSameAs(getClass().getClassLoader());
    assertThat(jdk.field(String.class, "CASE_INSENSITIVE_ORDER").get(null)) // final, static
        .isSameAs(String.CASE_INSENSITIVE_ORDER);
    assertThat(
            jdk.field(AtomicReferenceArray.class, "array", Object[].class) // final
                .get(new AtomicReferenceArray<>(new String[] {"a"})))
        .isEqualTo(new Object[] {"a"});
    assertThat(jdk.method(Thread.class, "getThreads").call(null)).isInstanceOf(Thread[].class);
    assertThat(LibraryInternals.trustedLookup().lookupModes()).isNotZero();
    assertThatThrownBy(() -> jdk.field(String.class, "nothing"))
        .hasMessageStartingWith(
            "JDK %s is not supported: there is no String.nothing",
            System.getProperty("java.vm.version"));
  }
}
