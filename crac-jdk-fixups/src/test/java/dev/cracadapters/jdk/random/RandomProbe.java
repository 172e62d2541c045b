/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import dev.cracadapters.jdk.JdkResource;
import dev.cracadapters.jdk.JdkSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DrbgParameters;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.Security;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * A process to be cloned: it takes a number from every kind of generator before the checkpoint, and
 * after the restore writes down the next numbers of each, one "name=value" a line. Two clones must
 * have no line in common.
 *
 * <p>{@code RandomProbe FOLDER (with|without)}: when FOLDER/ready is there, the process can be
 * snapshotted; when FOLDER/go is there it takes itself for restored and writes
 * FOLDER/numbers-<i>(fresh name)</i>. Names that start with "early" were taken by a running thread
 * after the restore and before {@code afterRestore}. With {@code -Dprobe.bouncycastle=true} Bouncy
 * Castle is the first security provider.
 */
public final class RandomProbe {

  /** Made before anything of this project is loaded. */
  private static final Map<String, SecureRandom> OLDER;

  static {
    if (Boolean.getBoolean("probe.bouncycastle")) {
      // The first provider makes what "new SecureRandom()" gives.
      Security.insertProviderAt(new BouncyCastleProvider(), 1);
    }
    OLDER = secureRandoms("older");
  }

  private RandomProbe() {}

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    boolean with = arguments[1].equals("with");
    JdkResource resource = JdkResource.of(JdkSettings.defaults());
    Map<String, SecureRandom> secure = new LinkedHashMap<>(OLDER);
    secure.putAll(secureRandoms("newer"));

    Map<String, Callable<Object>> plain = new LinkedHashMap<>();
    plain.put("UUID", UUID::randomUUID);
    plain.put("new SecureRandom", () -> bytes(new SecureRandom()));
    plain.put("new DRBG", () -> bytes(SecureRandom.getInstance("DRBG")));
    plain.put("new SHA1PRNG", () -> bytes(SecureRandom.getInstance("SHA1PRNG")));
    plain.put("reseeded DRBG", RandomProbe::reseeded);
    plain.put(
        "generateSeed", () -> HexFormat.of().formatHex(OLDER.get("older DRBG").generateSeed(16)));
    plain.put("ThreadLocalRandom main", () -> ThreadLocalRandom.current().nextLong());
    plain.put("Math.random", Math::random);
    plain.put("StrictMath.random", StrictMath::random);
    plain.put("new SplittableRandom", () -> new SplittableRandom().nextLong());
    plain.put("new Random", () -> new Random().nextLong());
    plain.put("RandomGenerator.of", () -> RandomGenerator.of("L64X128MixRandom").nextLong());
    plain.put("Collections.shuffle", RandomProbe::shuffled);
    plain.put("temporary file", () -> nameOfTemporaryFile(folder));

    ExecutorService parked = Executors.newFixedThreadPool(1);
    plain.put(
        "ThreadLocalRandom parked",
        () -> parked.submit(() -> ThreadLocalRandom.current().nextLong()).get());
    plain.put("ThreadLocalRandom new thread", RandomProbe::inNewThread);
    Spinner spinner = new Spinner(folder.resolve("go"), secure);
    spinner.start();

    for (SecureRandom random : secure.values()) {
      bytes(random);
    }
    for (Callable<Object> source : plain.values()) {
      source.call();
    }
    if (with) {
      resource.beforeCheckpoint(null);
    }
    Files.writeString(folder.resolve("ready"), Long.toString(ProcessHandle.current().pid()));
    spinner.done.await();
    if (with) {
      resource.afterRestore(null);
    }
    Map<String, Object> numbers = new TreeMap<>(spinner.early);
    for (Map.Entry<String, SecureRandom> random : secure.entrySet()) {
      numbers.put(random.getKey(), bytes(random.getValue()));
    }
    for (Map.Entry<String, Callable<Object>> source : plain.entrySet()) {
      numbers.put(source.getKey(), source.getValue().call());
    }
    spinner.asked = true;
    spinner.join();
    numbers.put("ThreadLocalRandom running", spinner.last);
    List<String> lines = new ArrayList<>();
    numbers.forEach((name, number) -> lines.add(name + "=" + number));
    String fresh = Files.readString(Path.of("/proc/sys/kernel/random/uuid")).strip();
    Path unfinished = folder.resolve("unfinished-" + fresh);
    Files.write(unfinished, lines);
    Files.move(unfinished, folder.resolve("numbers-" + fresh));
    parked.shutdownNow();
  }

  private static Map<String, SecureRandom> secureRandoms(String age) {
    Map<String, SecureRandom> made = new LinkedHashMap<>();
    try {
      made.put(age + " default", new SecureRandom());
      made.put(age + " strong", SecureRandom.getInstanceStrong());
      made.put(age + " NativePRNG", SecureRandom.getInstance("NativePRNG"));
      made.put(age + " NativePRNGNonBlocking", SecureRandom.getInstance("NativePRNGNonBlocking"));
      made.put(age + " SHA1PRNG", SecureRandom.getInstance("SHA1PRNG"));
      SecureRandom seeded = SecureRandom.getInstance("SHA1PRNG");
      seeded.setSeed(42);
      made.put(age + " seeded SHA1PRNG", seeded);
      made.put(age + " DRBG", SecureRandom.getInstance("DRBG"));
      made.put(
          age + " DRBG with parameters",
          SecureRandom.getInstance(
              "DRBG",
              DrbgParameters.instantiation(
                  256, DrbgParameters.Capability.PR_AND_RESEED, new byte[] {1})));
      String usual = Security.getProperty("securerandom.drbg.config");
      for (String mechanism :
          List.of("Hash_DRBG,SHA-512", "HMAC_DRBG,SHA-256", "CTR_DRBG,AES-256")) {
        Security.setProperty("securerandom.drbg.config", mechanism);
        made.put(age + ' ' + mechanism, SecureRandom.getInstance("DRBG"));
      }
      Security.setProperty("securerandom.drbg.config", "CTR_DRBG,AES-128,no_df");
      made.put(age + " CTR_DRBG without df", SecureRandom.getInstance("DRBG"));
      Security.setProperty("securerandom.drbg.config", usual);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    return made;
  }

  private static String bytes(SecureRandom random) {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private static Object reseeded() {
    SecureRandom random = OLDER.get("older Hash_DRBG,SHA-512");
    random.reseed();
    return bytes(random);
  }

  private static Object shuffled() {
    List<Integer> list = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      list.add(i);
    }
    Collections.shuffle(list);
    return list;
  }

  private static Object nameOfTemporaryFile(Path folder) throws IOException {
    Path file = Files.createTempFile(folder, "probe", null);
    Files.delete(file);
    return file.getFileName();
  }

  private static Object inNewThread() throws InterruptedException {
    Object[] number = new Object[1];
    Thread thread = new Thread(() -> number[0] = ThreadLocalRandom.current().nextLong());
    thread.start();
    thread.join();
    return number[0];
  }

  /** Runs through checkpoint and restore, and takes numbers as soon as it is in a clone. */
  private static final class Spinner extends Thread {

    final Map<String, Object> early = new ConcurrentHashMap<>();
    final CountDownLatch done = new CountDownLatch(1);
    volatile boolean asked;
    volatile long last;

    private final Path go;
    private final Map<String, SecureRandom> secure;

    Spinner(Path go, Map<String, SecureRandom> secure) {
      this.go = go;
      this.secure = secure;
      setDaemon(true);
    }

    @Override
    public void run() {
      long step = 0;
      while (!asked) {
        last = ThreadLocalRandom.current().nextLong();
        if (done.getCount() > 0 && step++ % 256 == 0) {
          // Numbers are also taken between beforeCheckpoint and the snapshot.
          secure.values().forEach(RandomProbe::bytes);
          UUID.randomUUID();
          LockSupport.parkNanos(100_000);
          if (Files.exists(go)) {
            secure.forEach((name, random) -> early.put("early " + name, bytes(random)));
            early.put("early UUID", UUID.randomUUID());
            done.countDown();
          }
        }
      }
    }
  }
}
