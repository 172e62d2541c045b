/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.criu.installation.CriuCommand;
import dev.cracadapters.criu.memory.MemoryLayout;
import dev.cracadapters.criu.policy.CoveredFiles;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes {@code manifest.json}: for people and tools, what an image is and what it needs. */
public final class Manifest {

  private Manifest() {}

  /**
   * Writes all that is known before the dump; the dump script adds the files and closes the object.
   */
  public static void write(
      Path file,
      Machine machine,
      CriuCommand criu,
      CheckpointRequest request,
      NeededFiles needed,
      List<String> streams)
      throws IOException, RefusedException {
    Map<String, Object> manifest = new LinkedHashMap<>();
    manifest.put("format", 1);
    manifest.put("time", Instant.now().toString());
    manifest.put("pid", ProcessHandle.current().pid());
    manifest.put("jdk", machine.jdk());
    manifest.put("javaHome", machine.javaHome().toString());
    manifest.put("architecture", machine.architecture());
    manifest.put("cpuFeatures", machine.cpu());
    CpuLevel.ofThisJvm().ifPresent(level -> manifest.put("cpuLevel", level.name()));
    manifest.put("kernel", System.getProperty("os.version"));
    manifest.put("criu", criu.version());
    List<Object> classPath = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path path = Path.of(entry).toAbsolutePath();
      classPath.add(fields(path, Files.isRegularFile(path) ? Files.size(path) : -1));
    }
    manifest.put("classPath", classPath);
    List<Object> files = new ArrayList<>();
    for (NeededFiles.NeededFile one : needed.files()) {
      Map<String, Object> fields = fields(one.path(), one.bytes());
      fields.put("modified", Instant.ofEpochSecond(one.seconds()).toString());
      files.add(fields);
    }
    manifest.put("neededFiles", files);
    manifest.put("neededPlaces", needed.places().stream().map(Path::toString).toList());
    manifest.put("copiedFiles", needed.temporary().copied().stream().map(Path::toString).toList());
    manifest.put("resources", request.resources());
    manifest.put("descriptors", request.descriptors());
    manifest.put("policyFiles", new CoveredFiles(request.covered()).describe());
    manifest.put("standardStreams", streams);
    MemoryLayout layout = MemoryLayout.current();
    manifest.put("memory", layout.areas());
    manifest.put("allocatedBytes", layout.allocated());
    String whole = Json.text(manifest);
    Files.writeString(file, whole.substring(0, whole.lastIndexOf('}')).stripTrailing());
  }

  private static Map<String, Object> fields(Path path, long bytes) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("path", path.toString());
    fields.put("bytes", bytes);
    return fields;
  }
}
