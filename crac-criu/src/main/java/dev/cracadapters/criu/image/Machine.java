/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.CriuSettings;
import dev.cracadapters.criu.installation.CriuCommand;
import dev.cracadapters.criu.process.PerfData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a restore depends on: the JDK, the architecture as {@code uname -m} says it, the features of
 * the CPU that a program can use (or those of the level that this JVM is kept to), and the kernel's
 * version, such as 6.18: what follows after that adds nothing that a process uses.
 */
public record Machine(Path javaHome, String jdk, String architecture, String cpu, String kernel) {

  private static final String RELEASE = "release";
  private static final String LIBJVM = "lib/server/libjvm.so";

  public static Machine current() throws IOException, RefusedException {
    String usable = CpuFeatures.usable(CpuFeatures.all());
    Optional<CpuLevel> level = CpuLevel.ofThisJvm();
    return new Machine(
        Path.of(System.getProperty("java.home")).toRealPath(),
        "JDK " + System.getProperty("java.vm.version") + " of " + System.getProperty("java.vendor"),
        kernelArchitecture(),
        level.isPresent() ? level.get().needed(usable) : usable,
        System.getProperty("os.version").replaceAll("^(\\d+\\.\\d+).*", "$1"));
  }

  /** Refuses where something is missing here by which a restore compares the machines. */
  public static void check() throws RefusedException {
    CpuLevel.ofThisJvm();
    Path javaHome = Path.of(System.getProperty("java.home"));
    for (String name : List.of(RELEASE, LIBJVM)) {
      Path file = javaHome.resolve(name);
      if (!Files.isReadable(file)) {
        throw new RefusedException(
            "JDK " + javaHome,
            file + " is not there, or cannot be read, and a restore knows the JDK by it",
            "Put it back, or install the JDK anew and start the JVM from it");
      }
    }
  }

  public Map<String, String> values(CriuCommand criu, CriuSettings settings)
      throws IOException, RefusedException {
    Path libjvm = javaHome.resolve(LIBJVM);
    Map<String, String> values = new HashMap<>();
    values.put("pid", Long.toString(ProcessHandle.current().pid()));
    values.put("criu_then", criu.path().toString());
    NeededFiles.NeededFile command = NeededFiles.NeededFile.of(criu.path());
    values.put("criu_mark", command.bytes() + " " + command.seconds());
    values.put("criu_version", criu.version());
    values.put("kernel", kernel);
    values.put("limit_seconds", CriuSettings.seconds(settings.restoreTimeout()));
    values.put("java_home", javaHome.toString());
    values.put("jdk", jdk);
    values.put("jdk_release", lines(javaHome.resolve(RELEASE)));
    values.put("libjvm", libjvm.toString());
    values.put("libjvm_bytes", Long.toString(Files.size(libjvm)));
    values.put("machine", architecture);
    values.put("cpu", cpu);
    values.put("cpu_level", CpuLevel.ofThisJvm().map(CpuLevel::name).orElse(""));
    values.put("perfdata", PerfData.path());
    return values;
  }

  /** A file as a shell's {@code read} sees it: every line ended, the last one, too. */
  private static String lines(Path file) throws IOException {
    StringBuilder text = new StringBuilder();
    Files.readAllLines(file).forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }

  private static String kernelArchitecture() {
    String name = System.getProperty("os.arch");
    return name.equals("amd64") ? "x86_64" : name;
  }
}
