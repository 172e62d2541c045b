/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import dev.cracadapters.core.RefusedException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/** Chooses the engine for a checkpoint. */
public final class Engines {

  /**
   * The value of {@code crac.engine} that lets the installed engine of the highest rank take the
   * snapshot.
   */
  public static final String AUTO = "auto";

  private Engines() {}

  /**
   * {@return the engine for a request, which is available}
   *
   * @param name an engine's name, or {@link #AUTO}
   * @param request what will be asked of the engine
   * @throws RefusedException if there is no engine of that name, or it is unavailable
   */
  public static CheckpointEngine choose(String name, CheckpointRequest request)
      throws RefusedException {
    // The class loader of this class, not of the thread: a checkpoint may be asked for from any
    // thread, and the engines lie beside crac-core.
    return choose(
        name, request, ServiceLoader.load(CheckpointEngine.class, Engines.class.getClassLoader()));
  }

  static CheckpointEngine choose(
      String name, CheckpointRequest request, Iterable<CheckpointEngine> installed)
      throws RefusedException {
    List<CheckpointEngine> engines = byRank(installed);
    // An engine that was put on the class path is wanted: where it cannot work that is refused, not
    // replaced by a pause that would leave the user without an image and without a word.
    CheckpointEngine engine = name.equals(AUTO) ? engines.get(0) : named(name, engines);
    Optional<RefusedException> reason = engine.unavailable(request);
    if (reason.isPresent()) {
      throw reason.get();
    }
    if (name.equals(AUTO) && request.image() != null && isMerePause(engine)) {
      throw new RefusedException(
          "image " + request.image(),
          "it was asked for, and no engine on the class path writes one: there is only the pause",
          "add the dependency dev.cracadapters:crac-criu, or set crac.engine=pause to go down and"
              + " up without an image");
    }
    return engine;
  }

  /** Whether it is the pause engine, and nobody asked for a pause. */
  private static boolean isMerePause(CheckpointEngine engine) {
    return engine instanceof PauseEngine && !PauseSettings.isAskedFor() && !PauseSettings.hasFile();
  }

  private static CheckpointEngine named(String name, List<CheckpointEngine> engines)
      throws RefusedException {
    List<String> known = engines.stream().map(CheckpointEngine::name).toList();
    if (known.contains(name)) {
      return engines.get(known.indexOf(name));
    }
    throw new RefusedException(
        "engine " + name,
        "there is none of this name on the class path (there are: %s)"
            .formatted(String.join(", ", known)),
        name.equals("criu")
            ? "add the dependency dev.cracadapters:crac-criu"
            : "set crac.engine to one of them, or to auto");
  }

  private static List<CheckpointEngine> byRank(Iterable<CheckpointEngine> installed)
      throws RefusedException {
    List<CheckpointEngine> engines = new ArrayList<>();
    try {
      installed.forEach(engines::add);
    } catch (ServiceConfigurationError e) {
      throw new RefusedException(
          "engines",
          "one on the class path cannot be loaded (" + e.getMessage() + ")",
          "take its jar off the class path, or add the version that crac-core has",
          e);
    }
    engines.sort(Comparator.comparingInt(CheckpointEngine::rank).reversed());
    return engines;
  }
}
