/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.InternalMethod;
import dev.cracadapters.core.support.LibraryInternals;
import dev.cracadapters.core.support.UnsupportedLibraryException;
import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.SocketImpl;
import java.nio.channels.Channel;
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

  static final LibraryInternals JDK = LibraryInternals.ofJdk("crac-core");

  /**
   * What uses a descriptor.
   *
   * @param descriptor the JDK's object for it
   * @param users the streams, channels and sockets that share it
   */
  private record Use(FileDescriptor descriptor, List<Object> users) {}

  private final CleanerList cleanerList = new CleanerList();
  private final InternalField<Integer> number = JDK.field(FileDescriptor.class, "fd", int.class);
  private final InternalField<List<?>> sharers =
      JDK.field(FileDescriptor.class, "otherParents", List.class);
  private final InternalField<Object> onlyUser = JDK.field(FileDescriptor.class, "parent");

  private OpenStreams() {}

  /**
   * {@return what reads them anew at each call}
   *
   * @throws ReflectiveOperationException if this JDK keeps them otherwise than those that are known
   */
  public static OpenStreams ofThisProcess() throws ReflectiveOperationException {
    try {
      return new OpenStreams();
    } catch (UnsupportedLibraryException e) {
      throw new ReflectiveOperationException(e.getMessage(), e);
    }
  }

  /**
   * {@return a lookup that may see all of the JDK's classes, as {@link
   * LibraryInternals#trustedLookup}}
   */
  public MethodHandles.Lookup lookup() throws ReflectiveOperationException {
    return LibraryInternals.trustedLookup();
  }

  /** {@return the JDK's open objects for a descriptor of this number, empty where none is found} */
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
      if (use.users().isEmpty()) { // its user is not known
        call(JDK.method(FileDescriptor.class, "close"), use.descriptor());
      }
    }
  }

  private void close(Object user) throws IOException, ReflectiveOperationException {
    if (user instanceof Closeable closeable) {
      closeable.close();
    } else if (user instanceof SocketImpl socket) {
      call(JDK.method(SocketImpl.class, "close"), socket);
    }
  }

  private static void call(InternalMethod method, Object owner, Object... arguments)
      throws IOException {
    try {
      method.call(owner, arguments);
    } catch (IllegalStateException e) {
      if (e.getCause() instanceof IOException refused) {
        throw refused;
      }
      throw e;
    }
  }

  /**
   * {@return a new object of the JDK for a descriptor of this number} Nobody closes the descriptor
   * because of it.
   */
  public FileDescriptor descriptorOf(int descriptor) throws ReflectiveOperationException {
    FileDescriptor made = new FileDescriptor();
    number.set(made, descriptor);
    return made;
  }

  /** {@return the JDK's object in a channel of the JDK} */
  public FileDescriptor descriptorOf(Channel channel) throws ReflectiveOperationException {
    FileDescriptor found = descriptorIn(channel);
    if (found == null) {
      throw new NoSuchFieldException("a descriptor in " + channel.getClass());
    }
    return found;
  }

  /**
   * Puts another file in the place of whatever a descriptor stands for, which is closed.
   *
   * @param file opened for reading
   * @throws IOException if the file cannot be opened
   * @throws ReflectiveOperationException if this JDK has no way to do that
   */
  public void replace(int descriptor, Path file) throws IOException, ReflectiveOperationException {
    try (FileChannel other = FileChannel.open(file, StandardOpenOption.READ)) {
      replace(descriptor, other);
    }
  }

  /**
   * Puts what a channel stands for in the place of whatever a descriptor stands for, which is
   * closed. Those who use the descriptor do not see that.
   *
   * @param other a channel of the JDK; it stays open, and may be closed
   * @throws IOException if the kernel refuses
   * @throws ReflectiveOperationException if this JDK has no way to do that
   */
  public void replace(int descriptor, Channel other)
      throws IOException, ReflectiveOperationException {
    try {
      Object duplicator =
          JDK.open(JDK.type("sun.nio.ch.DatagramDispatcher").getDeclaredConstructor())
              .newInstance();
      InternalMethod duplicate =
          JDK.method(
              JDK.type("sun.nio.ch.NativeDispatcher"),
              "dup",
              FileDescriptor.class,
              FileDescriptor.class);
      call(duplicate, duplicator, descriptorOf(other), descriptorOf(descriptor));
    } catch (UnsupportedLibraryException e) {
      throw new ReflectiveOperationException(e.getMessage(), e);
    }
  }

  private List<Use> uses(int wanted) throws ReflectiveOperationException {
    Set<FileDescriptor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Use> found = new ArrayList<>();
    for (Object object : cleanerList.objects()) {
      FileDescriptor descriptor =
          object instanceof FileDescriptor one ? one : descriptorInJdkObject(object);
      if (descriptor == null || number.get(descriptor) != wanted) {
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

  private static @Nullable FileDescriptor descriptorInJdkObject(Object object) {
    String name = object.getClass().getName();
    return name.startsWith("sun.nio.") || name.startsWith("java.net.")
        ? descriptorIn(object)
        : null;
  }

  /** The descriptor in an object of the JDK that has one, as channels and sockets do. */
  private static @Nullable FileDescriptor descriptorIn(Object object) {
    for (Class<?> at = object.getClass(); at != null; at = at.getSuperclass()) {
      if (at.getClassLoader() != null) {
        continue; // an application's class
      }
      for (Field field : at.getDeclaredFields()) {
        if (field.getType() == FileDescriptor.class && !Modifier.isStatic(field.getModifiers())) {
          return (FileDescriptor) JDK.field(at, field.getName()).find(object);
        }
      }
    }
    return null;
  }

  private List<Object> sharing(FileDescriptor descriptor) {
    List<?> several = sharers.find(descriptor);
    Object only = onlyUser.find(descriptor);
    if (several != null && !several.isEmpty()) {
      return List.copyOf(several);
    }
    return only == null ? List.of() : List.of(only);
  }
}
