/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.jdk.JdkResource;
import dev.cracadapters.jdk.JdkSettings;
import dev.cracadapters.jdk.JdkSettings.UnknownRandom;
import java.lang.ref.Reference;
import java.lang.ref.SoftReference;
import java.lang.reflect.Constructor;
import java.nio.ByteBuffer;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.SecureRandomParameters;
import java.security.SecureRandomSpi;
import java.security.Security;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UnknownRandomTest {

  private static final JdkResource RESOURCE = JdkResource.of(JdkSettings.defaults());

  static Object held;

  @AfterEach
  void letGo() {
    held = null;
    RESOURCE.afterRestore(null);
  }

  static List<Holder> holders() {
    ThreadLocal<Object> local = new ThreadLocal<>();
    return List.of(
        new Holder("a static field", random -> random),
        new Holder("an array in a map", random -> Map.of("key", new Object[] {random})),
        new Holder("a record", random -> new Holder("", ignored -> random)),
        new Holder("an optional", Optional::of),
        new Holder("a soft reference", SoftReference::new),
        new Holder(
            "a lambda",
            random -> {
              Supplier<Object> lambda = () -> random;
              return lambda;
            }),
        new Holder(
            "a thread local",
            random -> {
              local.set(random);
              return local;
            }));
  }

  @ParameterizedTest
  @MethodSource("holders")
  @DisplayName("A generator made before the resource is found where it is held and seeded anew")
  void olderGeneratorIsFound(Holder holder) throws Exception {
    SecureRandomSpi spi = untracked("DRBG");
    held = holder.hold().apply(new Unlisted(spi));

    RESOURCE.beforeCheckpoint(null);

    assertThat(TrackedRandoms.alive()).contains(spi);
    assertThat(interval().find(engine(spi))).as("suspended").isEqualTo(-1);
    RESOURCE.afterRestore(null);
    assertThat(interval().find(engine(spi))).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  @DisplayName("A SHA1PRNG made before the resource is found as well")
  void olderSha1IsFound() throws Exception {
    SecureRandomSpi spi = untracked("SecureRandom");
    held = new Unlisted(spi);

    RESOURCE.beforeCheckpoint(null);

    assertThat(TrackedRandoms.alive()).contains(spi);
  }

  @Test
  @DisplayName("One that a class of the JDK itself holds is found as well")
  void olderGeneratorOfTheJdkIsFound() throws Exception {
    SecureRandomSpi spi = untracked("DRBG");
    InternalField<Object> holder = JDK.field(JDK.type("sun.security.jca.JCAUtil"), "def");
    Object usual = holder.find(null);
    holder.set(null, new Unlisted(spi));
    try {
      RESOURCE.beforeCheckpoint(null);

      assertThat(TrackedRandoms.alive()).contains(spi);
    } finally {
      holder.set(null, usual);
    }
  }

  @Test
  @DisplayName("A generator that only a running method holds refuses the checkpoint, by name")
  void generatorOnTheStackRefuses() throws Exception {
    SecureRandom onTheStack = new Unlisted(untracked("DRBG"));
    onTheStack.nextInt();

    assertThatThrownBy(() -> RESOURCE.beforeCheckpoint(null))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("1 of sun.security.provider.DRBG")
        .hasMessageContaining("unknown-random=allow");
    Reference.reachabilityFence(onTheStack);
  }

  @Test
  @DisplayName("Once the running method has let go of it, the checkpoint can be taken")
  void checkpointAfterTheMethodEnded() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread method =
        new Thread(
            () -> {
              try {
                SecureRandom onTheStack = new Unlisted(untracked("DRBG"));
                running.countDown();
                end.await();
                onTheStack.nextInt();
              } catch (Exception e) {
                failure.set(e);
              }
            });
    method.start();
    running.await();

    assertThatThrownBy(() -> RESOURCE.beforeCheckpoint(null)).isInstanceOf(RefusedException.class);
    RESOURCE.afterRestore(null);
    end.countDown();
    method.join();

    assertThatCode(() -> RESOURCE.beforeCheckpoint(null)).doesNotThrowAnyException();
    assertThat(failure).hasNullValue();
  }

  @Test
  @DisplayName("With unknown-random=allow the checkpoint is taken all the same")
  void allowed() throws Exception {
    JdkResource allowing = JdkResource.of(new JdkSettings(true, false, false, UnknownRandom.ALLOW));
    SecureRandom onTheStack = new Unlisted(untracked("DRBG"));

    assertThatCode(() -> allowing.beforeCheckpoint(null)).doesNotThrowAnyException();
    allowing.afterRestore(null);
    Reference.reachabilityFence(onTheStack);
  }

  @Test
  @DisplayName("A generator of an unknown kind refuses the checkpoint; allowed, it is given a seed")
  void foreignProvider() throws Exception {
    Provider provider = new CountingProvider();
    Security.addProvider(provider);
    try {
      SecureRandom random = SecureRandom.getInstance("Counting", provider);
      held = random;
      assertThat(random.nextInt()).isEqualTo(1);

      assertThatThrownBy(() -> RESOURCE.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("1 of " + Counting.class.getName());
      RESOURCE.afterRestore(null);
      JdkResource allowing =
          JdkResource.of(new JdkSettings(true, false, false, UnknownRandom.ALLOW));
      allowing.beforeCheckpoint(null);
      int last = random.nextInt();
      allowing.afterRestore(null);

      assertThat(random.nextInt()).isNotEqualTo(last + 1);
    } finally {
      Security.removeProvider(provider.getName());
    }
  }

  static SecureRandomSpi untracked(String name) throws Exception {
    Constructor<?> constructor =
        name.equals("DRBG")
            ? DrbgGenerator.TYPE.getDeclaredConstructor(SecureRandomParameters.class)
            : Sha1Generator.TYPE.getDeclaredConstructor();
    JDK.open(constructor);
    return (SecureRandomSpi)
        (name.equals("DRBG") ? constructor.newInstance((Object) null) : constructor.newInstance());
  }

  private static Object engine(SecureRandomSpi spi) {
    return DrbgGenerator.of(spi).state();
  }

  private static InternalField<Object> interval() {
    return JDK.field(JDK.type("sun.security.provider.AbstractDrbg"), "reseedInterval");
  }

  record Holder(String name, Function<SecureRandom, Object> hold) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** A SecureRandom that no provider has made. */
  private static final class Unlisted extends SecureRandom {
    private static final long serialVersionUID = 1L;

    Unlisted(SecureRandomSpi spi) {
      super(spi, Security.getProvider("SUN"));
    }
  }

  private static final class CountingProvider extends Provider {
    private static final long serialVersionUID = 1L;

    CountingProvider() {
      super("Counting", "1", "counts");
      put("SecureRandom.Counting", Counting.class.getName());
    }
  }

  /** Counts from 0, or from the sum of what it has been seeded with. */
  public static final class Counting extends SecureRandomSpi {
    private static final long serialVersionUID = 1L;

    private int number;

    @Override
    protected void engineSetSeed(byte[] seed) {
      number += ByteBuffer.wrap(seed).getInt();
    }

    @Override
    protected void engineNextBytes(byte[] bytes) {
      ByteBuffer.wrap(bytes).putInt(++number);
    }

    @Override
    protected byte[] engineGenerateSeed(int length) {
      return new byte[length];
    }
  }
}
