/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.lang.invoke.MethodHandles;
import java.security.ProtectionDomain;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Has the JDK's file streams and channels ask, before they do anything, whether their descriptor
 * may be used. The classes are changed in the running process, and only in one that needs it: a
 * restored process in which an ignored file has changed.
 */
final class StreamGuard {

  /** In the JDK's own module, which cannot see classes of the class path. */
  private static final String GATE = "java/io/CracStaleFiles";

  private static final String GATE_FIELD = "check";

  private static final String CHECK = Type.getDescriptor(Consumer.class);

  private static boolean installed;

  private StreamGuard() {}

  /**
   * Installs it, once: {@code check} is asked at each use of a descriptor, and throws where it must
   * not be used. The lookup is one that may define a class in the JDK's own module.
   */
  static synchronized void install(MethodHandles.Lookup jdk, Consumer<FileDescriptor> check)
      throws ReflectiveOperationException, IOException, UnmodifiableClassException {
    if (installed) {
      return;
    }
    Instrumentation instrumentation = OwnAgent.load();
    Class<?> gate = jdk.in(FileDescriptor.class).defineClass(gate());
    gate.getField(GATE_FIELD).set(null, check);
    Class<?> channel = Class.forName("sun.nio.ch.FileChannelImpl");
    Transformer transformer = new Transformer();
    instrumentation.addTransformer(transformer, true);
    try {
      instrumentation.retransformClasses(
          FileInputStream.class, FileOutputStream.class, RandomAccessFile.class, channel);
    } finally {
      instrumentation.removeTransformer(transformer);
    }
    if (transformer.failure != null) { // the virtual machine passes over it in silence
      throw new IllegalStateException(transformer.failure);
    }
    installed = true;
  }

  /**
   * Uses ASM and {@code java.instrument}, and changes nothing.
   *
   * @throws LinkageError if one of them is missing, or ASM is of a version without what is called
   */
  static void check() {
    Transformer.changed("", gate());
    OwnAgent.Entry.class.getMethods(); // whose parameters are of java.instrument
  }

  /** A class with nothing but the field that holds the check. */
  private static byte[] gate() {
    ClassWriter writer = new ClassWriter(0);
    writer.visit(
        Opcodes.V17, Opcodes.ACC_PUBLIC | Opcodes.ACC_FINAL, GATE, null, "java/lang/Object", null);
    int access = Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC | Opcodes.ACC_VOLATILE;
    writer.visitField(access, GATE_FIELD, CHECK, null, null).visitEnd();
    writer.visitEnd();
    return writer.toByteArray();
  }

  /** Puts a call of the check in front of whatever reads, writes or asks the file. */
  private static final class Transformer implements ClassFileTransformer {

    private static final Set<String> NOT_A_USE = Set.of("close", "getFD", "getChannel");

    private volatile @Nullable Throwable failure;

    @Override
    public byte @Nullable [] transform(
        Module module,
        ClassLoader loader,
        String name,
        Class<?> type,
        ProtectionDomain domain,
        byte[] bytes) {
      try {
        return changed(name, bytes);
      } catch (RuntimeException | LinkageError e) {
        failure = e;
        return null;
      }
    }

    private static byte[] changed(String name, byte[] bytes) {
      ClassReader reader = new ClassReader(bytes);
      ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
      reader.accept(new Guarded(writer, name), 0);
      return writer.toByteArray();
    }

    private static final class Guarded extends ClassVisitor {

      private final String owner;

      Guarded(ClassVisitor next, String owner) {
        super(Opcodes.ASM9, next);
        this.owner = owner;
      }

      @Override
      public MethodVisitor visitMethod(
          int access,
          String name,
          String descriptor,
          @Nullable String signature,
          String @Nullable [] exceptions) {
        MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
        boolean hasBody =
            (access & (Opcodes.ACC_NATIVE | Opcodes.ACC_STATIC | Opcodes.ACC_ABSTRACT)) == 0;
        if (!hasBody || !isUse(access, name, exceptions)) {
          return next;
        }
        return new MethodVisitor(Opcodes.ASM9, next) {
          @Override
          public void visitCode() {
            super.visitCode();
            super.visitFieldInsn(Opcodes.GETSTATIC, GATE, GATE_FIELD, CHECK);
            super.visitVarInsn(Opcodes.ALOAD, 0);
            super.visitFieldInsn(Opcodes.GETFIELD, owner, "fd", "Ljava/io/FileDescriptor;");
            super.visitMethodInsn(
                Opcodes.INVOKEINTERFACE,
                Type.getInternalName(Consumer.class),
                "accept",
                "(Ljava/lang/Object;)V",
                true);
          }
        };
      }

      private boolean isUse(int access, String name, String @Nullable [] exceptions) {
        if (owner.equals("sun/nio/ch/FileChannelImpl")) {
          return name.equals("ensureOpen"); // which every use begins with
        }
        return (access & Opcodes.ACC_PUBLIC) != 0
            && !name.startsWith("<")
            && !NOT_A_USE.contains(name)
            && exceptions != null
            && Set.of(exceptions).contains("java/io/IOException");
      }
    }
  }
}
