/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** The executable jars of the example services, and copies of them with a dependency taken out. */
final class ExecutableJar {

  private ExecutableJar() {}

  static Path of(String example) {
    Path root = Path.of(System.getProperty("demo.root"));
    return root.resolve("examples/" + example + "/target/" + example + ".jar");
  }

  /** A copy without the nested jars whose name begins so. */
  static Path without(Path jar, String dependency, Path folder) throws IOException {
    Path copy = folder.resolve("without-" + dependency + ".jar");
    int left = 0;
    try (ZipFile from = new ZipFile(jar.toFile());
        ZipOutputStream into = new ZipOutputStream(Files.newOutputStream(copy))) {
      for (ZipEntry entry : java.util.Collections.list(from.entries())) {
        if (entry.getName().startsWith("BOOT-INF/lib/" + dependency + "-")) {
          left++;
          continue;
        }
        byte[] bytes;
        try (InputStream stream = from.getInputStream(entry)) {
          bytes = stream.readAllBytes();
        }
        into.putNextEntry(like(entry, bytes));
        into.write(bytes);
        into.closeEntry();
      }
    }
    if (left != 1) {
      throw new IllegalStateException(left + " entries of " + dependency + " in " + jar);
    }
    return copy;
  }

  /** Nested jars must stay stored as they are: Boot's loader reads them in place. */
  private static ZipEntry like(ZipEntry original, byte[] bytes) {
    ZipEntry entry = new ZipEntry(original.getName());
    entry.setMethod(original.getMethod());
    if (original.getMethod() == ZipEntry.STORED) {
      CRC32 sum = new CRC32();
      sum.update(bytes);
      entry.setCrc(sum.getValue());
      entry.setSize(bytes.length);
      entry.setCompressedSize(bytes.length);
    }
    return entry;
  }
}
