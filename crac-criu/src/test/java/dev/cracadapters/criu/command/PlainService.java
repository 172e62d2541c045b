/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program that knows nothing of checkpoints. With arguments it starts another program, as Spring
 * Boot does from a jar of jars: in a class loader of its own, which the system class loader does
 * not see.
 */
public final class PlainService {

  private PlainService() {}

  /**
   * Answers each line of its standard input.
   *
   * @param arguments none; one to wait for ever; or a class path and a main class
   * @throws Exception if a command fails
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 2) {
      nested(arguments[0], arguments[1]);
      return;
    }
    if (arguments.length == 1) {
      say("ready");
      Thread.currentThread().join(); // for ever
    }
    int counter = 0;
    ServerSocket listener = null;
    say("ready");
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      switch (line) {
        case "count" -> say("count=" + ++counter);
        case "listen" -> {
          listener = new ServerSocket(0);
          say("listening " + listener.getLocalPort());
        }
        case "deaf" -> {
          listener.close();
          say("closed");
        }
        case "load" -> say("loads " + canLoad("org.slf4j.Logger") + canLoad("picocli.CommandLine"));
        default -> System.exit(Integer.parseInt(line));
      }
    }
  }

  private static void nested(String classPath, String mainClass) throws Exception {
    List<URL> urls = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator)) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    // Never closed: it is the program's.
    URLClassLoader loader =
        new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
    Thread.currentThread().setContextClassLoader(loader);
    loader
        .loadClass(mainClass)
        .getMethod("main", String[].class)
        .invoke(null, (Object) new String[0]);
  }

  private static boolean canLoad(String name) {
    try {
      Class.forName(name);
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
