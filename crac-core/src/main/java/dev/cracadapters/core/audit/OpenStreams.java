/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.net.SocketImpl;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The Java objects behind the descriptors of this process: which streams, channels and sockets use
 * a descriptor of a given number. Needed only where a descriptor policy asks for something that an
 * application would do by calling {@code close} on them.
 *
 * <p>Found are the streams of {@code java.io} that were opened by a path, {@link FileChannel}s (and
 * so the streams of {@link java.nio.file.Files}), datagram channels, and the sockets of {@code
 * java.net}. Not found are descriptors of native code, and of JDK classes whose objects nothing
 * lists: socket and pipe channels, asynchronous channels.
 */
public final class OpenStreams {

  /**
   * What uses a descriptor.
   *
   * @param descriptor the JDK's object for it
   * @param users the streams, channels and sockets that share it
   */
  private record Use(FileDescriptor descriptor, List<Object> users) {}

  private final JdkInternals jdk;
  private final VarHandle number;

  private OpenStreams(JdkInternals jdk) throws ReflectiveOperationException {
    this.jdk = jdk;
    this.number = jdk.field(FileDescriptor.class, "fd");
  }

  /**
   * The way to them.
   *
   * @return what reads them anew at each call
   * @throws ReflectiveOperationException if this JDK keeps them otherwise than those that are known
   */
  public static OpenStreams ofThisProcess() throws ReflectiveOperationException {
    return new OpenStreams(JdkInternals.open());
  }

  /**
   * A lookup that may see all of the JDK's classes.
   *
   * @return the lookup
   */
  public MethodHandles.Lookup lookup() {
    return jdk.lookup();
  }

  /**
   * The JDK's objects for a descriptor.
   *
   * @param descriptor its number
   * @return those that are open, empty where none is found
   * @throws ReflectiveOperationException if they cannot be read
   */
  public List<FileDescriptor> descriptors(int descriptor) throws ReflectiveOperationException {
    return uses(descriptor).stream().map(Use::descriptor).toList();
  }

  boolean isKnown(int descriptor) throws ReflectiveOperationException {
    return !uses(descriptor).isEmpty();
  }

  /** Closes whatever uses a descriptor, by the same methods as an application would. */
  void close(int descriptor) throws IOException, ReflectiveOperationException {
    for (Use use : uses(descriptor)) {
      for (Object user : use.users()) {
        close(user);
      }
      if (use.descriptor().valid()) { // nobody told who uses it
        call(FileDescriptor.class, "close", MethodType.methodType(void.class), use.descriptor());
      }
    }
  }

  private void close(Object user) throws IOException, ReflectiveOperationException {
    if (user instanceof Closeable closeable) {
      closeable.close();
    } else if (user instanceof SocketImpl socket) {
      call(SocketImpl.class, "close", MethodType.methodType(void.class), socket);
    }
  }

  private void call(Class<?> owner, String name, MethodType type, Object... arguments)
      throws IOException, ReflectiveOperationException {
    try {
      jdk.virtual(owner, name, type).invokeWithArguments(arguments);
    } catch (IOException | ReflectiveOperationException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new ReflectiveOperationException(e);
    }
  }

  /**
   * Puts another file in the place of whatever a descriptor stands for, which is closed. Those who
   * use the descriptor do not see that; they read and write the other file.
   *
   * @param descriptor its number
   * @param file opened for reading
   * @throws IOException if the file cannot be opened
   * @throws ReflectiveOperationException if this JDK has no way to do that
   */
  public void replace(int descriptor, Path file) throws IOException, ReflectiveOperationException {
    FileDescriptor there;
    try {
      there = (FileDescriptor) jdk.constructor(FileDescriptor.class).invoke();
    } catch (ReflectiveOperationException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new ReflectiveOperationException(e);
    }
    number.set(there, descriptor);
    Class<?> dispatcher = Class.forName("sun.nio.ch.DatagramDispatcher");
    Class<?> declaring = Class.forName("sun.nio.ch.NativeDispatcher");
    MethodType type = MethodType.methodType(void.class, FileDescriptor.class, FileDescriptor.class);
    try (FileChannel other = FileChannel.open(file, StandardOpenOption.READ)) {
      FileDescriptor here = jdk.descriptorIn(other);
      Object duplicator = jdk.constructor(dispatcher).invoke();
      call(declaring, "dup", type, duplicator, here, there);
    } catch (IOException | ReflectiveOperationException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new ReflectiveOperationException(e);
    }
  }

  private List<Use> uses(int wanted) throws ReflectiveOperationException {
    Set<FileDescriptor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Use> found = new ArrayList<>();
    for (Object object : CleanerList.objects(jdk)) {
      FileDescriptor descriptor =
          object instanceof FileDescriptor one ? one : descriptorInJdkObject(object);
      if (descriptor == null || (int) number.get(descriptor) != wanted) {
        continue;
      }
      List<Object> users = new ArrayList<>(sharing(descriptor));
      if (object != descriptor) {
        users.add(object);
      }
      if (seen.add(descriptor)) {
        found.add(new Use(descriptor, users));
      }
    }
    return found;
  }

  private @Nullable FileDescriptor descriptorInJdkObject(Object object)
      throws ReflectiveOperationException {
    String name = object.getClass().getName();
    return name.startsWith("sun.nio.") || name.startsWith("java.net.")
        ? jdk.descriptorIn(object)
        : null;
  }

  private List<Object> sharing(FileDescriptor descriptor) throws ReflectiveOperationException {
    List<Object> sharing = new ArrayList<>();
    Object all = jdk.get(FileDescriptor.class, "otherParents", descriptor);
    if (all instanceof List<?> several) {
      sharing.addAll(several);
    }
    Object only = jdk.get(FileDescriptor.class, "parent", descriptor);
    if (only != null && sharing.isEmpty()) {
      sharing.add(only);
    }
    return sharing;
  }
}
