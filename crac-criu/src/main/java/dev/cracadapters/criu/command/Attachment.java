/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.agent.AttachRequest;
import java.io.IOException;
import java.time.Duration;

/** Loads the agent into a JVM by attach, as jcmd reaches it, and detaches again. */
final class Attachment {

  private static final int OLDEST = 17;

  /** The JDK's own limit is for the first attach alone: once the socket is there it has none. */
  static final Duration LIMIT = Duration.ofSeconds(30);

  private Attachment() {}

  /** Gives up after the limit, also where the JVM never answers. */
  static void load(Target target, AttachRequestFolder folder)
      throws RefusedException, IOException, InterruptedException {
    try {
      TimeLimit.within(
          LIMIT,
          () -> unanswered(target),
          () -> {
            attach(target, folder);
            return null;
          });
    } catch (NoClassDefFoundError e) {
      throw new RefusedException(
          "java", "this one has no module jdk.attach", "Run this command by a JDK, not a JRE", e);
    }
  }

  private static RefusedException unanswered(Target target) {
    return new RefusedException(
        "PID " + target.pid(),
        "it did not answer the attach within "
            + LIMIT.toSeconds()
            + " s"
            + (target.isStopped() ? ", for it is stopped" : ""),
        target.isStopped()
            ? "Let it go on: kill -s CONT " + target.pid()
            : "See whether another tool holds its attach socket (jcmd, jstack, a profiler), whether"
                + " it is frozen or in a long collection, and ask again");
  }

  private static void attach(Target target, AttachRequestFolder folder) throws RefusedException {
    String what = "PID " + target.pid();
    VirtualMachine jvm;
    try {
      jvm = VirtualMachine.attach(Long.toString(target.pid()));
    } catch (AttachNotSupportedException | IOException e) {
      throw new RefusedException(
          what,
          "the attach failed: " + e.getMessage(),
          "Run this command as the user of the process; see that its /tmp is the one it was started"
              + " with and that jcmd reaches it",
          e);
    }
    try {
      requireVersion(what, jvm);
      jvm.loadAgent(folder.inside(AttachRequest.AGENT_JAR), folder.inside(""));
    } catch (AgentLoadException e) {
      throw new RefusedException(
          what,
          "the agent was not let in: " + e.getMessage(),
          "Start the JVM with -XX:+EnableDynamicAgentLoading, or ask for the checkpoint from"
              + " inside",
          e);
    } catch (AgentInitializationException e) {
      throw new RefusedException(
          what,
          "the agent could not start: " + e.getMessage(),
          "Look at what the process wrote to its standard error",
          e);
    } catch (IOException e) {
      throw new RefusedException(
          what, "the attach broke off: " + e.getMessage(), "See whether the process lives", e);
    } finally {
      try {
        jvm.detach();
      } catch (IOException e) {
        System.err.println("The attach connection could not be closed: " + e);
      }
    }
  }

  private static void requireVersion(String what, VirtualMachine jvm)
      throws IOException, RefusedException {
    String version = jvm.getSystemProperties().getProperty("java.specification.version", "");
    boolean isOld = version.startsWith("1.") || Integer.parseInt(version) < OLDEST;
    if (isOld) {
      throw new RefusedException(
          what, "it runs Java " + version, "Checkpoints need Java " + OLDEST + " or newer");
    }
  }
}
