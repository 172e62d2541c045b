/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What a restore depends on: the JDK, the CPU, the kernel.
 *
 * @param javaHome the JDK's folder
 * @param jdk its version and vendor in words
 * @param architecture as {@code uname -m} says it
 * @param cpu the CPU's features as {@code /proc/cpuinfo} lists them
 */
record Machine(Path javaHome, String jdk, String architecture, String cpu) {

  static Machine current() throws IOException {
    return new Machine(
        Path.of(System.getProperty("java.home")).toRealPath(),
        "JDK " + System.getProperty("java.vm.version") + " of " + System.getProperty("java.vendor"),
        kernelArchitecture(),
        cpuFeatures());
  }

  Map<String, String> values(CriuCommand criu, CriuSettings settings) throws IOException {
    Path libjvm = javaHome.resolve("lib/server/libjvm.so");
    Map<String, String> values = new HashMap<>();
    values.put("pid", Long.toString(ProcessHandle.current().pid()));
    values.put("criu_then", criu.path().toString());
    values.put("limit_seconds", CriuSettings.seconds(settings.restoreTimeout()));
    values.put("java_home", javaHome.toString());
    values.put("libjvm", libjvm.toString());
    values.put("jdk", jdk);
    values.put(
        "jdk_mark", PosixChecksum.of(javaHome.resolve("release")) + " " + Files.size(libjvm));
    values.put("machine", architecture);
    values.put("cpu", cpu);
    values.put("perfdata", PerfData.path());
    return values;
  }

  private static String kernelArchitecture() {
    String name = System.getProperty("os.arch");
    return name.equals("amd64") ? "x86_64" : name;
  }

  private static String cpuFeatures() throws IOException {
    return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
        .filter(line -> line.startsWith("flags") || line.startsWith("Features"))
        .map(line -> line.substring(line.indexOf(": ") + 2).strip())
        .findFirst()
        .orElse("");
  }
}
