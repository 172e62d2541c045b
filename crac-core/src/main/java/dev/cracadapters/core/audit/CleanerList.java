/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static dev.cracadapters.core.audit.OpenStreams.JDK;

import dev.cracadapters.core.support.InternalField;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The objects that the JDK's own cleaner watches: among them every descriptor that {@code java.io}
 * opened by a path, every file and datagram channel and every socket, for the case that the
 * application forgets them.
 */
final class CleanerList {

  private static final String CLEANER = "jdk.internal.ref.CleanerImpl";

  // Reflection reads this field as Reference.get does: a collector sees that the object is in use.
  private final InternalField<Object> referent = JDK.field(Reference.class, "referent");
  private final Object cleaner = cleaner();
  private final boolean isRing = JDK.hasField(cleaner.getClass(), "phantomCleanableList");

  /** The watched objects that are still in use. */
  List<Object> objects() {
    List<Object> objects = new ArrayList<>();
    for (Object cleanable : isRing ? ring() : nodes()) {
      Object object = referent.find(cleanable);
      if (object != null) {
        objects.add(object);
      }
    }
    return objects;
  }

  /** Up to JDK 23. */
  private List<Object> ring() {
    List<Object> found = new ArrayList<>();
    Object head = JDK.field(cleaner.getClass(), "phantomCleanableList").get(cleaner);
    InternalField<Object> next = JDK.field(JDK.type("jdk.internal.ref.PhantomCleanable"), "next");
    synchronized (head) { // as those do that link themselves in
      for (Object at = next.get(head); at != head; at = next.get(at)) {
        found.add(at);
      }
    }
    return found;
  }

  private List<Object> nodes() {
    List<Object> found = new ArrayList<>();
    Class<?> nodeType = JDK.type(CLEANER + "$CleanableList$Node");
    Object list = JDK.field(cleaner.getClass(), "activeList").get(cleaner);
    InternalField<Object> head = JDK.field(JDK.type(CLEANER + "$CleanableList"), "head");
    InternalField<Object[]> array = JDK.field(nodeType, "arr", Object[].class);
    InternalField<Integer> size = JDK.field(nodeType, "size", int.class);
    InternalField<Object> next = JDK.field(nodeType, "next");
    synchronized (list) {
      for (Object node = head.find(list); node != null; node = next.find(node)) {
        for (int i = 0; i < size.get(node); i++) {
          found.add(array.get(node)[i]);
        }
      }
    }
    return found;
  }

  private static Object cleaner() {
    Object cleaner = JDK.method(JDK.type("jdk.internal.ref.CleanerFactory"), "cleaner").call(null);
    Object found =
        JDK.method(JDK.type(CLEANER), "getCleanerImpl", Cleaner.class).call(null, cleaner);
    return Objects.requireNonNull(found);
  }
}
