/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.hold;

import java.lang.invoke.MethodHandle;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The JVM tool interface, as a debugger uses it: from JDK 20 on nothing else suspends a thread. It
 * needs no agent: its functions are called from Java. One tool at a time may suspend threads, so
 * that there is no hold beside a debugger.
 *
 * <p>From JDK 21 on the JVM follows each virtual thread onto its carrier and off it once a tool has
 * asked for this interface, also when that has gone.
 */
final class JvmToolInterface implements Suspension {

  private static final int OK = 0;
  private static final int ALREADY_SUSPENDED = 14;
  private static final int LOCAL_REFERENCE = 1;
  private static final int MAX_ATTEMPTS = 100;

  /** Where functions put single results. */
  private static final long SCRATCH_BYTES = 32;

  private static final long JNI_VERSION = 0x00010008;
  private static final long TOOL_VERSION = 0x30010200;

  // Numbers of bits in jvmtiCapabilities.
  private static final int CAN_SUSPEND = 20;
  private static final int CAN_SUPPORT_VIRTUAL_THREADS = 44;

  private final ForeignFunctions foreign;
  private final long vm;
  private final long tool;
  private final MethodHandle getEnvironment;
  private final MethodHandle pushFrame;
  private final MethodHandle popFrame;
  private final MethodHandle referenceType;
  private final MethodHandle allThreads;
  private final MethodHandle identityHash;
  private final MethodHandle suspendList;
  private final MethodHandle resumeList;
  private final MethodHandle suspendAllVirtual;
  private final MethodHandle resumeAllVirtual;
  private final MethodHandle deallocate;
  private final MethodHandle dispose;

  JvmToolInterface() {
    try {
      foreign = new ForeignFunctions();
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new UnsupportedOperationException("this JDK lets nobody call native functions", e);
    }
    long find = foreign.find("JNI_GetCreatedJavaVMs");
    if (find == 0) {
      throw new UnsupportedOperationException("libjvm.so does not show its functions");
    }
    long scratch = foreign.allocate(SCRATCH_BYTES);
    try {
      require(call(foreign.function(find, 3), scratch, 1, scratch + 8), "JNI_GetCreatedJavaVMs");
      vm = foreign.getLong(scratch);
      getEnvironment = foreign.function(inTable(vm, 6), 3);
      long jni = environment(JNI_VERSION, scratch);
      pushFrame = foreign.function(inTable(jni, 19), 2);
      popFrame = foreign.function(inTable(jni, 20), 2);
      referenceType = foreign.function(inTable(jni, 232), 2);
      tool = environment(TOOL_VERSION, scratch);
      allThreads = toolFunction(4, 3);
      identityHash = toolFunction(58, 3);
      suspendList = toolFunction(92, 4);
      resumeList = toolFunction(93, 4);
      suspendAllVirtual = toolFunction(118, 3);
      resumeAllVirtual = toolFunction(119, 3);
      deallocate = toolFunction(47, 2);
      dispose = toolFunction(127, 1);
      foreign.putLong(scratch, 1L << CAN_SUSPEND | 1L << CAN_SUPPORT_VIRTUAL_THREADS);
      foreign.putLong(scratch + 8, 0);
      if (call(toolFunction(142, 2), tool, scratch) != OK) {
        close();
        throw new UnsupportedOperationException(
            "a debugger or another agent is the one that may suspend threads");
      }
    } finally {
      foreign.free(scratch);
    }
  }

  /** The tool interface counts its functions from 1. */
  private MethodHandle toolFunction(int number, int words) {
    return foreign.function(inTable(tool, number - 1), words);
  }

  private long inTable(long environment, int index) {
    return foreign.getLong(foreign.getLong(environment) + (long) index * Long.BYTES);
  }

  private long environment(long version, long scratch) {
    require(call(getEnvironment, vm, scratch, version), "GetEnv");
    return foreign.getLong(scratch);
  }

  @Override
  public Set<Thread> suspend(Set<Thread> threads) {
    return change(threads, suspendList);
  }

  @Override
  public void resume(Set<Thread> threads) {
    change(threads, resumeList);
  }

  /** Those of the threads that were changed by this. */
  private Set<Thread> change(Set<Thread> threads, MethodHandle how) {
    Map<Integer, Thread> byHash = byHash(threads);
    if (byHash.isEmpty()) {
      return Set.of();
    }
    long scratch = foreign.allocate(SCRATCH_BYTES);
    try {
      return change(byHash, how, environment(JNI_VERSION, scratch), scratch);
    } finally {
      foreign.free(scratch);
    }
  }

  private Set<Thread> change(
      Map<Integer, Thread> byHash, MethodHandle how, long jni, long scratch) {
    Set<Thread> changed = Collections.newSetFromMap(new IdentityHashMap<>());
    int count = listThreads(jni, scratch);
    long handles = foreign.getLong(scratch + 8);
    long chosen = foreign.allocate(2L * count * Long.BYTES);
    long results = chosen + (long) count * Long.BYTES;
    try {
      int[] hashes = new int[count];
      Map<Integer, Integer> often = new HashMap<>();
      for (int i = 0; i < count; i++) {
        hashes[i] = hash(foreign.getLong(handles + (long) i * Long.BYTES), scratch);
        often.merge(hashes[i], 1, Integer::sum);
      }
      Thread[] order = new Thread[count];
      int size = 0;
      for (int i = 0; i < count; i++) {
        Thread thread = byHash.get(hashes[i]);
        // Two of one hash cannot be told apart: both are left as they are.
        if (thread != null && often.get(hashes[i]) == 1) {
          long handle = foreign.getLong(handles + (long) i * Long.BYTES);
          foreign.putLong(chosen + (long) size * Long.BYTES, handle);
          order[size++] = thread;
        }
      }
      if (size > 0) {
        require(call(how, tool, size, chosen, results), "to change threads");
      }
      for (int i = 0; i < size; i++) {
        if (foreign.getInt(results + (long) i * Integer.BYTES) == OK) {
          changed.add(order[i]);
        }
      }
      return changed;
    } finally {
      foreign.free(chosen);
      call(deallocate, tool, handles);
      call(popFrame, jni, 0);
      call(popFrame, jni, 0);
    }
  }

  /**
   * Leaves handles of all platform threads, for the calling one, in a JNI frame that is not the
   * topmost: any native method that returns would take those of the topmost. One might do so just
   * before the second frame is there; then the handles are no references, and it is done again.
   */
  private int listThreads(long jni, long scratch) {
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      int listed;
      int framed;
      try {
        int first = (int) pushFrame.invokeExact(jni, 16L);
        require(first, "PushLocalFrame");
        listed = (int) allThreads.invokeExact(tool, scratch, scratch + 8);
        framed = (int) pushFrame.invokeExact(jni, 16L);
      } catch (Throwable e) {
        throw ForeignFunctions.failed(e);
      }
      require(listed, "GetAllThreads");
      require(framed, "PushLocalFrame");
      int count = foreign.getInt(scratch);
      if (areReferences(jni, foreign.getLong(scratch + 8), count)) {
        return count;
      }
      call(deallocate, tool, foreign.getLong(scratch + 8));
      call(popFrame, jni, 0);
      call(popFrame, jni, 0);
    }
    throw new UnsupportedOperationException("the JVM gives no references to threads");
  }

  private boolean areReferences(long jni, long handles, int count) {
    for (int i = 0; i < count; i++) {
      long handle = foreign.getLong(handles + (long) i * Long.BYTES);
      if (call(referenceType, jni, handle) != LOCAL_REFERENCE) {
        return false;
      }
    }
    return true;
  }

  private int hash(long handle, long scratch) {
    require(call(identityHash, tool, handle, scratch + 16), "GetObjectHashCode");
    return foreign.getInt(scratch + 16);
  }

  private static Map<Integer, Thread> byHash(Set<Thread> threads) {
    Map<Integer, Thread> byHash = new HashMap<>();
    threads.forEach(thread -> byHash.put(System.identityHashCode(thread), thread));
    return byHash;
  }

  @Override
  public void suspendVirtual() {
    int result = call(suspendAllVirtual, tool, 0, 0);
    if (result != ALREADY_SUSPENDED) {
      require(result, "SuspendAllVirtualThreads");
    }
  }

  @Override
  public void resumeVirtual() {
    require(call(resumeAllVirtual, tool, 0, 0), "ResumeAllVirtualThreads");
  }

  @Override
  public void close() {
    call(dispose, tool);
  }

  private static int call(MethodHandle function, long first) {
    try {
      return (int) function.invokeExact(first);
    } catch (Throwable e) {
      throw ForeignFunctions.failed(e);
    }
  }

  private static int call(MethodHandle function, long first, long second) {
    try {
      return (int) function.invokeExact(first, second);
    } catch (Throwable e) {
      throw ForeignFunctions.failed(e);
    }
  }

  private static int call(MethodHandle function, long first, long second, long third) {
    try {
      return (int) function.invokeExact(first, second, third);
    } catch (Throwable e) {
      throw ForeignFunctions.failed(e);
    }
  }

  private static int call(MethodHandle function, long first, long second, long third, long fourth) {
    try {
      return (int) function.invokeExact(first, second, third, fourth);
    } catch (Throwable e) {
      throw ForeignFunctions.failed(e);
    }
  }

  private static void require(int result, String what) {
    if (result != OK) {
      throw new UnsupportedOperationException("the JVM refuses it (" + what + ": " + result + ")");
    }
  }
}
