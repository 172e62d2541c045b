/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/**
 * The objects that the JDK's own cleaner watches: among them every descriptor that {@code java.io}
 * opened by a path, every file and datagram channel and every socket, for the case that the
 * application forgets them.
 */
final class CleanerList {

  private static final String CLEANER = "jdk.internal.ref.CleanerImpl";

  private CleanerList() {}

  /** The watched objects that are still in use. */
  static List<Object> objects(JdkInternals jdk) throws ReflectiveOperationException {
    // Only the virtual machine's own way of reading this field tells a collector that the object is
    // in use again; a VarHandle is that way.
    VarHandle referent = jdk.field(Reference.class, "referent");
    List<Object> objects = new ArrayList<>();
    for (Object cleanable : cleanables(jdk)) {
      Object object = referent.get(cleanable);
      if (object != null) {
        objects.add(object);
      }
    }
    return objects;
  }

  private static List<Object> cleanables(JdkInternals jdk) throws ReflectiveOperationException {
    Class<?> cleanable = Class.forName("jdk.internal.ref.PhantomCleanable");
    Object cleaner = cleaner(jdk);
    List<Object> found = new ArrayList<>();
    if (has(cleaner.getClass(), "phantomCleanableList")) { // up to JDK 23: a ring
      Object head = jdk.field(cleaner.getClass(), "phantomCleanableList").get(cleaner);
      VarHandle next = jdk.field(cleanable, "next");
      synchronized (head) { // as those do that link themselves in
        for (Object at = next.get(head); at != head; at = next.get(at)) {
          found.add(at);
        }
      }
      return found;
    }
    Class<?> listType = Class.forName(CLEANER + "$CleanableList");
    Class<?> nodeType = Class.forName(CLEANER + "$CleanableList$Node");
    Object list = jdk.field(cleaner.getClass(), "activeList").get(cleaner);
    VarHandle array = jdk.field(nodeType, "arr");
    VarHandle size = jdk.field(nodeType, "size");
    VarHandle next = jdk.field(nodeType, "next");
    synchronized (list) {
      for (Object node = jdk.field(listType, "head").get(list);
          node != null;
          node = next.get(node)) {
        Object[] some = (Object[]) array.get(node);
        for (int i = 0; i < (int) size.get(node); i++) {
          found.add(some[i]);
        }
      }
    }
    return found;
  }

  private static Object cleaner(JdkInternals jdk) throws ReflectiveOperationException {
    Class<?> factory = Class.forName("jdk.internal.ref.CleanerFactory");
    Class<?> type = Class.forName(CLEANER);
    try {
      Object cleaner =
          jdk.lookup()
              .findStatic(factory, "cleaner", MethodType.methodType(Cleaner.class))
              .invoke();
      return jdk.lookup()
          .findStatic(type, "getCleanerImpl", MethodType.methodType(type, Cleaner.class))
          .invoke((Cleaner) cleaner);
    } catch (ReflectiveOperationException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new ReflectiveOperationException(e);
    }
  }

  private static boolean has(Class<?> type, String field) {
    for (var declared : type.getDeclaredFields()) {
      if (declared.getName().equals(field)) {
        return true;
      }
    }
    return false;
  }
}
