/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.agent;

import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.nio.file.Path;
import java.util.Map;

/**
 * The agent's entry. It returns at once, and works on a thread of its own when the attach
 * connection is closed: that is a socket, with which no checkpoint can be taken. At a restore its
 * thread finds that the command is gone, and ends.
 */
public final class CheckpointAgent {

  private CheckpointAgent() {}

  /** Called by the JVM with the request's folder, as this process sees it. */
  public static void agentmain(String folder, Instrumentation instrumentation) {
    AttachRequest request = new AttachRequest(Path.of(folder));
    String stillOpen = AgentJar.forget(request.file(AttachRequest.AGENT_JAR), instrumentation);
    // Not a daemon: with all servers down it may be the only thread that keeps the JVM alive.
    Thread thread = new Thread(() -> run(request, stillOpen), "crac-checkpoint-agent");
    thread.setDaemon(false);
    thread.setContextClassLoader(null);
    thread.start();
  }

  private static void run(AttachRequest request, String stillOpen) {
    try {
      Map<String, String> report;
      if (!request.awaitGo()) {
        report = refused("attach: the connection stayed open. Ask again");
      } else if (!stillOpen.isEmpty()) {
        report =
            refused(
                "agent jar: this JVM keeps it open ("
                    + stillOpen
                    + "). Add the dependency dev.cracadapters:crac-criu to the application, and"
                    + " call CheckpointCoordinator.global()");
      } else {
        report = checkpoint(request);
      }
      request.answer(AttachRequest.OUTCOME, report);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // Restored, or the command has given up: nobody reads the outcome.
      return;
    }
  }

  private static Map<String, String> checkpoint(AttachRequest request) throws IOException {
    String criu = request.field("criu");
    String before = System.getProperty("crac.criu");
    try {
      if (!criu.isEmpty()) {
        System.setProperty("crac.criu", criu);
      }
      Coordinator coordinator = Coordinator.find(request.file(AttachRequest.COMMAND_JAR));
      String image = request.field("image");
      String target = image.isEmpty() ? coordinator.image() : image;
      if (target.isEmpty()) {
        return refused("image folder: none was named. Name one by --image");
      }
      request.answer(AttachRequest.BEGUN, Map.of("image", target));
      boolean leaveRunning =
          Boolean.parseBoolean(request.field("leave-running")) || coordinator.leavesRunning();
      return coordinator.checkpoint(image, leaveRunning);
    } catch (ReflectiveOperationException
        | javax.management.JMException
        | RuntimeException
        | LinkageError e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return refused(
          "agent: " + cause + ". Report this with the stack on the process's standard error");
    } finally {
      if (!criu.isEmpty()) {
        Coordinator.setProperty("crac.criu", before);
      }
    }
  }

  private static Map<String, String> refused(String why) {
    return Map.of("outcome", "REFUSED", "failures", why);
  }
}
