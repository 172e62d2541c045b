/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.takesArguments;

import java.io.IOException;
import java.io.InputStream;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.matcher.ElementMatchers;

/**
 * A Java agent that makes one adapter's {@code beforeCheckpoint} throw after it has done its work:
 * the worst moment, everything is down. Which one is read from a file at each call.
 */
public final class FaultAgent {

  private FaultAgent() {}

  /** Puts this class into a jar that {@code -javaagent} takes. */
  static Path jar(Path folder) throws IOException {
    Path jar = folder.resolve("fault-agent.jar");
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.put(new Attributes.Name("Premain-Class"), FaultAgent.class.getName());
    attributes.put(
        Attributes.Name.CLASS_PATH,
        AgentBuilder.class.getProtectionDomain().getCodeSource().getLocation().toString());
    try (JarOutputStream into = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
      for (Class<?> type : new Class<?>[] {FaultAgent.class, Fault.class}) {
        String name = type.getName().replace('.', '/') + ".class";
        into.putNextEntry(new JarEntry(name));
        try (InputStream bytes =
            Objects.requireNonNull(FaultAgent.class.getResourceAsStream("/" + name))) {
          bytes.transferTo(into);
        }
        into.closeEntry();
      }
    }
    return jar;
  }

  /** Called by the JVM. */
  public static void premain(String faultFile, Instrumentation instrumentation) {
    System.setProperty("fault.file", faultFile);
    new AgentBuilder.Default()
        .type(
            ElementMatchers.nameStartsWith("dev.cracadapters.")
                .and(ElementMatchers.hasSuperType(named("dev.cracadapters.core.PhasedResource"))))
        .transform(
            (builder, type, loader, module, domain) ->
                builder.visit(
                    Advice.to(Fault.class).on(named("beforeCheckpoint").and(takesArguments(1)))))
        .installOn(instrumentation);
  }

  /** Copied into the adapter's method. */
  public static final class Fault {

    private Fault() {}

    /** Runs when the method has returned. */
    @Advice.OnMethodExit
    public static void exit(@Advice.Origin("#t") String type) throws IOException {
      if (Files.readString(Path.of(System.getProperty("fault.file"))).strip().equals(type)) {
        throw new IllegalStateException("injected fault in " + type);
      }
    }
  }
}
