/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Random bytes that no other clone can have: asked from the kernel at each call, with nothing kept
 * in this process in between.
 *
 * <p>The time goes in as well. Where a hypervisor has copied the whole machine, the kernel's own
 * generator has been copied with it; from Linux 5.18 on the kernel notices (vmgenid), before that
 * only the clock tells two such machines apart.
 */
public final class Entropy {

  private static final String KERNEL = "/dev/urandom";
  private static final int BLOCK = 64;
  private static final AtomicLong CALLS = new AtomicLong();

  private Entropy() {}

  /**
   * {@return random bytes from the kernel}
   *
   * @throws UncheckedIOException if the kernel's generator cannot be read
   */
  static byte[] bytes(int length) {
    ByteBuffer result = ByteBuffer.allocate(length);
    try (InputStream kernel = new FileInputStream(KERNEL)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-512");
      while (result.hasRemaining()) {
        byte[] block = kernel.readNBytes(BLOCK);
        if (block.length < BLOCK) {
          throw new IOException(KERNEL + " ended");
        }
        Instant now = Instant.now();
        digest.update(block);
        digest.update(
            ByteBuffer.allocate(4 * Long.BYTES)
                .putLong(now.getEpochSecond())
                .putLong(now.getNano())
                .putLong(System.nanoTime())
                .putLong(CALLS.incrementAndGet())
                .flip());
        byte[] mixed = digest.digest();
        result.put(mixed, 0, Math.min(mixed.length, result.remaining()));
      }
      return result.array();
    } catch (IOException e) {
      throw new UncheckedIOException("No random bytes from " + KERNEL, e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-512", e);
    }
  }

  /**
   * {@return a random number from the kernel, any but 0, which some generators cannot be seeded
   * with}
   */
  static long number() {
    long number;
    do {
      number = ByteBuffer.wrap(bytes(Long.BYTES)).getLong();
    } while (number == 0);
    return number;
  }
}
