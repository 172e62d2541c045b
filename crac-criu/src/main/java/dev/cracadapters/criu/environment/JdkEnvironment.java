/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.environment;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The environment variables as the JDK keeps them, in one map behind {@code System.getenv} and
 * {@code ProcessBuilder.environment()}. The map stays the same object, so that whoever holds {@code
 * System.getenv()}, as Spring does, sees the new variables, too.
 *
 * <p>Names and values are raw: a character for each byte.
 */
final class JdkEnvironment {

  private final HashMap<Object, Object> live;
  private final MethodHandle newVariable;
  private final MethodHandle newValue;
  private final MethodHandle bytes;
  private final VarHandle table;
  private final VarHandle size;
  private final VarHandle threshold;

  @SuppressWarnings("unchecked")
  JdkEnvironment(MethodHandles.Lookup trusted) throws ReflectiveOperationException {
    Class<?> owner = Class.forName("java.lang.ProcessEnvironment");
    live =
        (HashMap<Object, Object>)
            trusted.findStaticVarHandle(owner, "theEnvironment", HashMap.class).get();
    newVariable = fromBytes(trusted, Class.forName(owner.getName() + "$Variable"));
    newValue = fromBytes(trusted, Class.forName(owner.getName() + "$Value"));
    bytes =
        trusted
            .findVirtual(
                Class.forName(owner.getName() + "$ExternalData"),
                "getBytes",
                MethodType.methodType(byte[].class))
            .asType(MethodType.methodType(byte[].class, Object.class));
    Class<?> nodes = Class.forName("[Ljava.util.HashMap$Node;");
    table = trusted.findVarHandle(HashMap.class, "table", nodes);
    size = trusted.findVarHandle(HashMap.class, "size", int.class);
    threshold = trusted.findVarHandle(HashMap.class, "threshold", int.class);
    replace(new HashMap<>(), get()); // a rehearsal: shows whether it works, and links all of it
  }

  private static MethodHandle fromBytes(MethodHandles.Lookup trusted, Class<?> type)
      throws ReflectiveOperationException {
    return trusted
        .findStatic(type, "valueOf", MethodType.methodType(type, byte[].class))
        .asType(MethodType.methodType(Object.class, byte[].class));
  }

  Map<String, String> get() {
    Map<String, String> variables = new LinkedHashMap<>();
    try {
      for (Map.Entry<Object, Object> one : live.entrySet()) {
        variables.put(raw(one.getKey()), raw(one.getValue()));
      }
    } catch (Throwable e) {
      throw new IllegalStateException("The JDK's environment variables cannot be read", e);
    }
    return variables;
  }

  private String raw(Object data) throws Throwable {
    return new String((byte[]) bytes.invokeExact(data), StandardCharsets.ISO_8859_1);
  }

  /**
   * Threads may read the map meanwhile, which is not made for that: they find the old variables or
   * the new ones, because the table of a complete map takes the old one's place at once. Entries
   * put in one by one would make their iterators throw, and hide others while the table grows.
   */
  void set(Map<String, String> variables) {
    replace(live, variables);
  }

  private void replace(HashMap<Object, Object> target, Map<String, String> variables) {
    HashMap<Object, Object> complete = new HashMap<>();
    try {
      for (Map.Entry<String, String> one : variables.entrySet()) {
        complete.put(
            (Object) newVariable.invokeExact(bytes(one.getKey())),
            (Object) newValue.invokeExact(bytes(one.getValue())));
      }
      threshold.set(target, (int) threshold.get(complete));
      size.set(target, complete.size());
      table.setVolatile(target, table.get(complete));
    } catch (Throwable e) {
      throw new IllegalStateException("The JDK's environment variables cannot be replaced", e);
    }
  }

  private static byte[] bytes(String raw) {
    return raw.getBytes(StandardCharsets.ISO_8859_1);
  }
}
