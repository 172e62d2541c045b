/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import dev.cracadapters.criu.process.DiagnosticCommand;
import dev.cracadapters.criu.process.TemporaryFolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * Gets this process an {@link Instrumentation} without an option on its command line: the
 * diagnostic command {@code JVMTI.agent_load} loads an agent of one class, in a jar made for the
 * purpose. From JDK 21 on the virtual machine prints a warning about that (JEP 451); where {@code
 * -XX:-EnableDynamicAgentLoading} is set it refuses.
 */
final class OwnAgent {

  /** The agent. It may be there twice: the virtual machine asks the system class loader alone. */
  public static final class Entry {

    /** What the virtual machine has given. */
    public static volatile @Nullable Instrumentation given;

    private Entry() {}

    /** Called by the virtual machine. */
    public static void agentmain(String arguments, Instrumentation instrumentation) {
      given = instrumentation;
    }
  }

  private OwnAgent() {}

  static Instrumentation load() throws IOException, ReflectiveOperationException {
    Path jar = TemporaryFolder.createFile("crac-agent", ".jar");
    try {
      write(jar);
      String said = DiagnosticCommand.run("jvmtiAgentLoad", jar.toString());
      if (given() instanceof Instrumentation given) {
        return given;
      }
      throw new IOException("JVMTI.agent_load answered: " + said.strip());
    } finally {
      Files.delete(jar);
    }
  }

  private static @Nullable Object given() throws ReflectiveOperationException {
    try {
      return Class.forName(Entry.class.getName(), true, ClassLoader.getSystemClassLoader())
          .getField("given")
          .get(null);
    } catch (ClassNotFoundException e) {
      return null; // the agent was not loaded
    }
  }

  private static void write(Path jar) throws IOException {
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.putValue("Agent-Class", Entry.class.getName());
    attributes.putValue("Can-Retransform-Classes", "true");
    String file = Entry.class.getName().replace('.', '/') + ".class";
    try (OutputStream bytes = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(bytes, manifest);
        InputStream entry = Objects.requireNonNull(Entry.class.getResourceAsStream("/" + file))) {
      entries.putNextEntry(new JarEntry(file));
      entry.transferTo(entries);
      entries.closeEntry();
    }
  }
}
