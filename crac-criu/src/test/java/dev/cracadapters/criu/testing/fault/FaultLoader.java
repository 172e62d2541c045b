/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing.fault;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;

/**
 * Loads the classes of an adapter so that each of its calls into a library, a user's class, the
 * logging, or what of the JDK may fail (threads, sockets, files), is a {@linkplain FaultSteps
 * step}.
 */
public final class FaultLoader extends ClassLoader {

  private static final String STEPS = FaultSteps.class.getName().replace('.', '/');

  /** Not loaded anew: who asks for the steps, and this. */
  private static final String TESTS = ".testing.";

  /** What does not fail: collections and latches, and what is made of them. */
  private static final List<String> NEVER_FAIL =
      List.of(
          "[",
          "java/util/",
          "java/lang/",
          "java/time/",
          "dev/cracadapters/core/support/Failures",
          "dev/cracadapters/core/RefusedException",
          "dev/cracadapters/core/Deadline");

  /** What was not closed would stay open for good, and be found by the next audit. */
  private static final List<String> NEVER_FAIL_TO_CLOSE =
      List.of(
          "java/nio/file/DirectoryStream.",
          "java/nio/channels/ServerSocketChannel.close",
          "java/io/RandomAccessFile.close");

  private static final List<String> MAY_FAIL =
      List.of(
          "java/util/function/Supplier",
          "java/util/concurrent/ThreadFactory",
          "java/util/concurrent/ThreadPoolExecutor",
          "java/lang/Thread.start",
          "java/lang/Process",
          "java/lang/reflect/");

  private final String prefix;
  private final List<String> whole;

  /**
   * The classes of a package and of those below it.
   *
   * @param ofPackage its name
   * @param whole the simple names of classes that the library itself calls, at any time: what they
   *     call is no step of a walk
   */
  public FaultLoader(String ofPackage, String... whole) {
    super(FaultLoader.class.getClassLoader());
    this.prefix = ofPackage + ".";
    this.whole = List.of(whole);
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(prefix) || name.contains(TESTS)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded == null ? define(name) : loaded;
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      ClassReader reader = new ClassReader(in.readAllBytes());
      ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
      String simpleName = name.substring(name.lastIndexOf('.') + 1);
      reader.accept(
          whole.contains(simpleName)
              ? writer
              : new Steps(name.substring(name.lastIndexOf('.') + 1), writer),
          0);
      byte[] bytes = writer.toByteArray();
      return defineClass(name, bytes, 0, bytes.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }

  private final class Steps extends ClassVisitor {

    private final String className;
    private int calls;

    Steps(String className, ClassVisitor next) {
      super(Opcodes.ASM9, next);
      this.className = className;
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String method, String type, String signature, String[] exceptions) {
      MethodVisitor next = super.visitMethod(access, method, type, signature, exceptions);
      if (method.equals("<clinit>")) {
        return next; // a class that could not be initialised never can be
      }
      return new MethodVisitor(Opcodes.ASM9, next) {
        @Override
        public void visitMethodInsn(
            int opcode, String owner, String name, String descriptor, boolean isInterface) {
          if (mayFail(owner, name)) {
            super.visitLdcInsn(
                "%s.%s in %s.%s (%d)"
                    .formatted(
                        owner.substring(owner.lastIndexOf('/') + 1),
                        name,
                        className,
                        method,
                        ++calls));
            super.visitMethodInsn(
                Opcodes.INVOKESTATIC, STEPS, "step", "(Ljava/lang/String;)V", false);
          }
          super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
        }
      };
    }
  }

  private boolean mayFail(String owner, String name) {
    String call = owner + "." + name;
    if (NEVER_FAIL_TO_CLOSE.stream().anyMatch(call::startsWith)) {
      return false;
    }
    return MAY_FAIL.stream().anyMatch(call::startsWith)
        || !owner.startsWith(prefix.replace('.', '/'))
            && NEVER_FAIL.stream().noneMatch(owner::startsWith);
  }
}
