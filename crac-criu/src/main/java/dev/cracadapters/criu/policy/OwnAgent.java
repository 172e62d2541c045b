/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.instrument.Instrumentation;
import java.lang.invoke.MethodHandles;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.management.JMException;
import javax.management.ObjectName;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * Gets this process an {@link Instrumentation} without an option on its command line: the
 * diagnostic command {@code JVMTI.agent_load} loads an agent of one class, made for the purpose.
 * From JDK 21 on the virtual machine prints a warning about that (JEP 451); where {@code
 * -XX:-EnableDynamicAgentLoading} is set it refuses.
 */
final class OwnAgent {

  private static final String AGENT = "CracAgent";

  /** Where the agent leaves what it is given: a class that both it and this one can see. */
  private static final String SHELF = "java/io/CracAgentShelf";

  private OwnAgent() {}

  static Instrumentation load(MethodHandles.Lookup jdk)
      throws IOException, ReflectiveOperationException {
    Class<?> shelf = jdk.in(java.io.FileDescriptor.class).defineClass(shelf());
    Path jar = Files.createTempFile("crac-agent", ".jar");
    try {
      write(jar);
      Object said =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "jvmtiAgentLoad",
                  new Object[] {new String[] {jar.toString()}},
                  new String[] {String[].class.getName()});
      if (shelf.getField("given").get(null) instanceof Instrumentation given) {
        return given;
      }
      throw new IOException("JVMTI.agent_load answered: " + String.valueOf(said).strip());
    } catch (JMException e) {
      throw new IOException("JVMTI.agent_load failed", e);
    } finally {
      Files.delete(jar);
    }
  }

  private static void write(Path jar) throws IOException {
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.putValue("Agent-Class", AGENT);
    attributes.putValue("Can-Retransform-Classes", "true");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(file, manifest)) {
      entries.putNextEntry(new JarEntry(AGENT + ".class"));
      entries.write(agent());
      entries.closeEntry();
    }
  }

  /** A class with one public static field, {@code Object given}. */
  private static byte[] shelf() {
    ClassWriter writer = new ClassWriter(0);
    writer.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, SHELF, null, "java/lang/Object", null);
    writer
        .visitField(
            Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC | Opcodes.ACC_VOLATILE,
            "given",
            "Ljava/lang/Object;",
            null,
            null)
        .visitEnd();
    writer.visitEnd();
    return writer.toByteArray();
  }

  /** A class whose {@code agentmain} puts the instrumentation on the shelf. */
  private static byte[] agent() {
    ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    writer.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, AGENT, null, "java/lang/Object", null);
    MethodVisitor main =
        writer.visitMethod(
            Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC,
            "agentmain",
            "(Ljava/lang/String;Ljava/lang/instrument/Instrumentation;)V",
            null,
            null);
    main.visitCode();
    main.visitVarInsn(Opcodes.ALOAD, 1);
    main.visitFieldInsn(Opcodes.PUTSTATIC, SHELF, "given", "Ljava/lang/Object;");
    main.visitInsn(Opcodes.RETURN);
    main.visitMaxs(0, 0);
    main.visitEnd();
    writer.visitEnd();
    return writer.toByteArray();
  }
}
