/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.jdk.JdkResource;
import dev.cracadapters.jdk.JdkSettings;
import java.security.DrbgParameters;
import java.security.SecureRandom;
import java.security.Security;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two clones are one process whose memory is put back, see {@link Rewind}. */
class SecureRandomCloneTest {

  private static final JdkResource RESOURCE = JdkResource.of(JdkSettings.defaults());

  /** Generators whose numbers depend on nothing but memory, so that the tests can fail. */
  static List<Algorithm> fromMemoryAlone() {
    return List.of(
        new Algorithm("SHA1PRNG", () -> SecureRandom.getInstance("SHA1PRNG")),
        new Algorithm("seeded SHA1PRNG", SecureRandomCloneTest::seeded),
        new Algorithm("DRBG", () -> SecureRandom.getInstance("DRBG")),
        new Algorithm("Hash_DRBG", () -> drbg("Hash_DRBG,SHA-512")),
        new Algorithm("HMAC_DRBG", () -> drbg("HMAC_DRBG,SHA-256")),
        new Algorithm("CTR_DRBG", () -> drbg("CTR_DRBG,AES-256")),
        new Algorithm("CTR_DRBG without df", () -> drbg("CTR_DRBG,AES-128,no_df")),
        new Algorithm(
            "DRBG with a strength",
            () ->
                SecureRandom.getInstance(
                    "DRBG",
                    DrbgParameters.instantiation(
                        128, DrbgParameters.Capability.NONE, new byte[] {7}))));
  }

  static List<Algorithm> all() {
    return Stream.concat(
            fromMemoryAlone().stream(),
            Stream.of(
                new Algorithm("default", SecureRandom::new),
                new Algorithm("strong", SecureRandom::getInstanceStrong),
                new Algorithm("NativePRNG", () -> SecureRandom.getInstance("NativePRNG")),
                new Algorithm(
                    "NativePRNGNonBlocking",
                    () -> SecureRandom.getInstance("NativePRNGNonBlocking")),
                new Algorithm(
                    "DRBG with prediction resistance",
                    () ->
                        SecureRandom.getInstance(
                            "DRBG",
                            DrbgParameters.instantiation(
                                256, DrbgParameters.Capability.PR_AND_RESEED, null)))))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("fromMemoryAlone")
  @DisplayName("Without the resource two clones get the same numbers")
  void clonesShareNumbersWithoutTheResource(Algorithm algorithm) throws Exception {
    SecureRandom random = algorithm.used();
    Rewind image = Rewind.of(Rewind.spiOf(random));

    String first = numbers(random);
    image.restore();

    assertThat(numbers(random)).isEqualTo(first);
  }

  @ParameterizedTest
  @MethodSource("all")
  @DisplayName("After a restore no clone gets the numbers of another, or of the original")
  void clonesDifferAfterRestore(Algorithm algorithm) throws Exception {
    SecureRandom random = algorithm.used();
    Rewind image = Rewind.of(Rewind.spiOf(random));

    String original = numbers(random);
    image.restore();
    RESOURCE.afterRestore(null);
    String first = numbers(random);
    image.restore();
    RESOURCE.afterRestore(null);
    String second = numbers(random);

    assertThat(List.of(original, first, second)).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("all")
  @DisplayName("A thread that is faster than afterRestore gets numbers of its own clone")
  void clonesDifferBeforeAfterRestoreIsCalled(Algorithm algorithm) throws Exception {
    SecureRandom random = algorithm.used();
    RESOURCE.beforeCheckpoint(null);
    try {
      // The rest of a digest must not be left over for later: so many bytes leave some.
      random.nextBytes(new byte[24]);
      Rewind image = Rewind.of(Rewind.spiOf(random));

      String first = numbers(random);
      image.restore();

      assertThat(numbers(random)).isNotEqualTo(first);
    } finally {
      RESOURCE.afterRestore(null);
    }
  }

  @ParameterizedTest
  @MethodSource("fromMemoryAlone")
  @DisplayName("So does one that is made between beforeCheckpoint and the snapshot")
  void generatorsMadeMeanwhileDiffer(Algorithm algorithm) throws Exception {
    RESOURCE.beforeCheckpoint(null);
    SecureRandom random;
    try {
      random = algorithm.used();
      Rewind image = Rewind.of(Rewind.spiOf(random));

      String first = numbers(random);
      image.restore();

      assertThat(numbers(random)).isNotEqualTo(first);
    } finally {
      RESOURCE.afterRestore(null);
    }
    Rewind itself = Rewind.of(Rewind.spiOf(random));
    String first = numbers(random);
    itself.restore();
    assertThat(numbers(random)).as("from its own state again").isEqualTo(first);
  }

  @ParameterizedTest
  @MethodSource("fromMemoryAlone")
  @DisplayName("After the restore a generator works from its own state again")
  void generatorIsItselfAgainAfterRestore(Algorithm algorithm) throws Exception {
    SecureRandom random = algorithm.used();
    RESOURCE.beforeCheckpoint(null);
    RESOURCE.afterRestore(null);
    numbers(random);
    Rewind image = Rewind.of(Rewind.spiOf(random));

    String first = numbers(random);
    image.restore();

    assertThat(numbers(random)).isEqualTo(first);
  }

  @Test
  @DisplayName("A DRBG that is reseeded after a restore does not get another clone's seed")
  void reseedDiffers() throws Exception {
    SecureRandom random = SecureRandom.getInstance("DRBG");
    numbers(random);
    Rewind image = Rewind.of(Rewind.spiOf(random));

    random.reseed();
    String withoutTheResource = numbers(random);
    image.restore();
    random.reseed();
    assertThat(numbers(random)).as("the seeder is cloned too").isEqualTo(withoutTheResource);
    image.restore();
    RESOURCE.afterRestore(null);
    random.reseed();

    assertThat(numbers(random)).isNotEqualTo(withoutTheResource);
  }

  @Test
  @DisplayName("A generator made after a restore is not seeded as in another clone")
  void newGeneratorsDiffer() throws Exception {
    for (String name : List.of("DRBG", "SHA1PRNG")) {
      numbers(SecureRandom.getInstance(name));
      Rewind image = Rewind.of();
      RESOURCE.afterRestore(null);
      String first = numbers(SecureRandom.getInstance(name));
      image.restore();
      RESOURCE.afterRestore(null);

      assertThat(numbers(SecureRandom.getInstance(name))).as(name).isNotEqualTo(first);
    }
  }

  @Test
  @DisplayName("UUID.randomUUID() differs within the 100 ms for which the JDK reads ahead")
  void uuidsDiffer() {
    UUID.randomUUID();
    Rewind image = Rewind.of();

    RESOURCE.afterRestore(null);
    UUID first = UUID.randomUUID();
    image.restore();
    RESOURCE.afterRestore(null);

    assertThat(UUID.randomUUID()).isNotEqualTo(first);
  }

  private static SecureRandom seeded() throws Exception {
    SecureRandom random = SecureRandom.getInstance("SHA1PRNG");
    random.setSeed(42);
    return random;
  }

  private static SecureRandom drbg(String configuration) throws Exception {
    String property = "securerandom.drbg.config";
    String usual = Security.getProperty(property);
    Security.setProperty(property, configuration);
    try {
      return SecureRandom.getInstance("DRBG");
    } finally {
      Security.setProperty(property, usual);
    }
  }

  private static String numbers(SecureRandom random) {
    // Fewer than a digest has, and what the rest of one digest could serve.
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  record Algorithm(String name, Callable<SecureRandom> maker) {

    SecureRandom used() throws Exception {
      SecureRandom random = maker.call();
      numbers(random);
      return random;
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
