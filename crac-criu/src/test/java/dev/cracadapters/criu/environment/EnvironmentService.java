/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.environment;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.RestoreInfo;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;

/**
 * A service that tells, in all ways that there are, which environment variables and system
 * properties it has. Each line of its standard input asks for one by name, each answer is the
 * value's bytes in hexadecimal digits, or {@code none}.
 */
public final class EnvironmentService {

  /** From before the checkpoint, as an application may keep them. */
  private static final Map<String, String> HELD = System.getenv();

  private static final Set<String> HELD_NAMES = HELD.keySet();
  private static final Set<Map.Entry<String, String>> HELD_ENTRIES = HELD.entrySet();
  private static String seen = "";

  private EnvironmentService() {}

  /**
   * Runs until it is told to exit.
   *
   * @param arguments none
   * @throws Exception if a command fails
   */
  public static void main(String[] arguments) throws Exception {
    CheckpointCoordinator.global().register(new Seeing());
    say("ready");
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ", 2);
      String name = words.length > 1 ? words[1] : "";
      switch (words[0]) {
        case "checkpoint" -> new Thread(EnvironmentService::checkpoint, "checkpoint").start();
        case "exit" -> System.exit(0);
        case "count" -> say("count " + System.getenv().size() + " " + child(false).size());
        case "seen" -> say("seen " + seen);
        default -> say(words[0] + " " + name + " " + value(words[0], name));
      }
    }
  }

  private static String value(String where, String name) throws Exception {
    return switch (where) {
      case "getenv" -> hex(System.getenv(name));
      case "held" -> hex(HELD.get(name));
      case "held-views" ->
          HELD_NAMES.contains(name)
              ? hex(
                  HELD_ENTRIES.stream()
                      .filter(one -> one.getKey().equals(name))
                      .map(Map.Entry::getValue)
                      .findFirst()
                      .orElse(null))
              : "none";
      case "builder" -> hex(new ProcessBuilder("env").environment().get(name));
      case "child" -> String.valueOf(child(false).getOrDefault(name, "none"));
      case "child-with-environment" -> String.valueOf(child(true).getOrDefault(name, "none"));
      case "property" -> hex(System.getProperty(name));
      case "argument" -> hex(info().arguments().get(Integer.parseInt(name)));
      case "told" -> hex(info().environment().get(name));
      case "told-property" -> hex(info().systemProperties().get(name));
      default -> throw new IllegalArgumentException(where);
    };
  }

  /** The variables that a child process gets, the values as hexadecimal digits. */
  private static Map<String, String> child(boolean withEnvironment)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("/usr/bin/env", "-0");
    if (withEnvironment) {
      builder.environment().put("ADDED", "1");
    }
    Process env = builder.start();
    env.getOutputStream().close();
    String raw = new String(env.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    env.waitFor();
    Map<String, String> variables = new HashMap<>();
    for (String entry : raw.split("\0")) {
      int equals = entry.indexOf('=');
      variables.putIfAbsent(
          entry.substring(0, equals),
          HexFormat.of()
              .formatHex(entry.substring(equals + 1).getBytes(StandardCharsets.ISO_8859_1)));
    }
    return variables;
  }

  private static void checkpoint() {
    try {
      CheckpointCoordinator.global().checkpoint();
      say("restored " + info().instanceId());
    } catch (Exception e) {
      say("refused " + Stream.of(e.getSuppressed()).map(Throwable::getMessage).toList());
    }
  }

  private static RestoreInfo info() {
    return RestoreInfo.latest().orElseThrow();
  }

  private static String hex(@Nullable String text) {
    return text == null ? "none" : HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  /** Notes what can be seen when it comes back. */
  private static final class Seeing implements PhasedResource {

    @Override
    public String name() {
      return "seeing";
    }

    @Override
    public int phase() {
      return Integer.MIN_VALUE; // the first one to come back
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
      // It only looks.
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
      seen = hex(System.getenv("GIVEN")) + " " + hex(System.getProperty("given"));
    }
  }
}
