/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The keytool of the JDK that runs the tests. */
public final class Keytool {

  private static final long LIMIT_SECONDS = 60;

  private Keytool() {}

  /**
   * Makes a PKCS#12 key store with a new key pair of the algorithm EC and its certificate, or adds
   * them to one that is there.
   *
   * @param store the file
   * @param password the store's, and the key's
   * @param name the alias of the entry, and the common name in the certificate
   * @param options more options of {@code keytool -genkeypair}, such as {@code -validity}
   * @throws AssertionError with what keytool wrote, if it fails or does not end
   * @throws IOException if it cannot be started
   * @throws InterruptedException if the thread was interrupted
   */
  public static void newKeyPair(Path store, String password, String name, String... options)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("-genkeypair", "-keyalg", "EC"));
    arguments.addAll(List.of("-alias", name, "-dname", "CN=" + name));
    arguments.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12"));
    arguments.addAll(List.of("-storepass", password));
    arguments.addAll(List.of(options));
    run(arguments.toArray(String[]::new));
  }

  /**
   * Runs keytool until it ends.
   *
   * @param arguments its command and options
   * @throws AssertionError with what keytool wrote, if it fails or does not end
   * @throws IOException if it cannot be started
   * @throws InterruptedException if the thread was interrupted
   */
  public static void run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"));
    command.addAll(List.of(arguments));
    // A file, as a pipe could not be read with a limit.
    Path output = Files.createTempFile("keytool-", ".txt");
    Process process = null;
    try {
      process =
          new ProcessBuilder(command)
              .redirectInput(new File("/dev/null"))
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError(
            "keytool did not end within " + LIMIT_SECONDS + " s: " + Files.readString(output));
      }
      if (process.exitValue() != 0) {
        throw new AssertionError("keytool failed: " + Files.readString(output));
      }
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
      Files.delete(output);
    }
  }
}
