/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.FolderTrust;
import dev.cracadapters.core.support.FolderTrust.Weakness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks an image's own script whether it could be restored here. */
@Command(
    name = "check",
    description = {
      "Tells whether an image is whole and fits this machine: what IMAGE/restore --check tells. Nothing is started.",
      ""
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:it can be restored here",
      "1:this is no image",
      "2:wrong usage",
      "125:it cannot: the lines on standard error say what is in the way, all findings at once"
    })
final class Check implements Callable<Integer> {

  @Parameters(paramLabel = "IMAGE", description = "the image folder", index = "0")
  private Path image;

  @Parameters(
      paramLabel = "OPTION",
      description = "of IMAGE/restore, after --",
      index = "1..*",
      arity = "0..*")
  private List<String> options = List.of();

  @Spec private CommandSpec spec;

  Check() {}

  @Override
  public Integer call() throws RefusedException, IOException, InterruptedException {
    Path named = image.toAbsolutePath().normalize().resolve("restore");
    if (!Files.isRegularFile(named)) {
      throw new RefusedException(
          image.toString(),
          "it is no image: it has no restore script",
          "Name a folder that a checkpoint wrote and completed");
    }
    Path script = named.toRealPath(); // which no link can change meanwhile
    requireOwn(script);
    List<String> command = new ArrayList<>(List.of(script.toString(), "--check"));
    if (!Files.isExecutable(script)) { // a copy may have lost its modes
      command.add(0, "/bin/sh");
    }
    command.addAll(options);
    int status = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (status == 0) {
      spec.commandLine().getOut().println(image + " is whole and fits this machine");
    }
    return status;
  }

  /** What decides here is the image's own script, and this user is going to run it. */
  private void requireOwn(Path script) throws RefusedException, IOException {
    FolderTrust trust = FolderTrust.current();
    Optional<Weakness> weakness =
        trust.weakness(Objects.requireNonNull(script.getParent()), true).filter(Weakness::fatal);
    if (weakness.isEmpty()) {
      weakness = trust.weaknessOfFile(script);
    }
    if (weakness.filter(Weakness::fatal).isPresent()) {
      throw new RefusedException(
          image.toString(),
          weakness.get().cause(),
          "Run this as that user, or give it to this one (chown) where you trust whoever made it;"
              + " images that travel are signed (crac.image-key), and verified by the launcher"
              + " crac-restore --key");
    }
    weakness.ifPresent(
        one -> spec.commandLine().getErr().println("check: " + image + ": " + one.cause()));
  }
}
