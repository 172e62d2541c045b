/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.jdk.JdkResource;
import dev.cracadapters.jdk.JdkSettings;
import java.security.SecureRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * {@code NativePRNG} mixes two things that a snapshot copies, so that either alone keeps clones
 * apart. Each is looked at on its own here.
 */
class NativeGeneratorTest {

  private final SecureRandom random = new SecureRandom();
  private final JdkResource resource = JdkResource.of(JdkSettings.defaults());
  private Object source;
  private byte[] mixBefore;

  @BeforeEach
  void suspend() throws Exception {
    draw();
    NativeGenerator generator = NativeGenerator.all().get(0);
    source = generator.state();
    mixBefore = mixState().clone();
    assertThat(readAhead()).as("bytes read ahead, which two clones would share").isPositive();
    resource.beforeCheckpoint(null);
  }

  @AfterEach
  void resume() {
    resource.afterRestore(null);
  }

  @Test
  @DisplayName("The image holds no bytes read ahead from the kernel")
  void nothingReadAhead() {
    assertThat(readAhead()).isZero();
  }

  @Test
  @DisplayName("Nor are any read ahead until the restore")
  void nothingReadAheadMeanwhile() {
    draw();

    assertThat(readAhead()).isZero();
  }

  @Test
  @DisplayName("The image does not hold the state that is mixed in")
  void mixIsForgotten() {
    assertThat(mixState()).isNotEqualTo(mixBefore).containsOnly(0);
  }

  @Test
  @DisplayName("After the restore there is a state of its own, and bytes are read ahead again")
  void resumed() {
    resource.afterRestore(null);
    assertThat(readAhead()).isZero();
    assertThat(mixState()).isNotEqualTo(mixBefore).isNotEqualTo(new byte[mixBefore.length]);

    draw();

    assertThat(readAhead()).isPositive();
  }

  private void draw() {
    random.nextBytes(new byte[5]);
  }

  private int readAhead() {
    return (int) JDK.field(source.getClass(), "buffered").find(source);
  }

  private byte[] mixState() {
    Object mix = JDK.field(source.getClass(), "mixRandom").find(source);
    return (byte[]) JDK.field(Sha1Generator.TYPE, "state").find(mix);
  }
}
