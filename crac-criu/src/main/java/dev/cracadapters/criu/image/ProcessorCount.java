/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.criu.memory.JvmFlags;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many processors this process may use. The JVM sizes threads of its own by that when it
 * starts, and never again; so do many libraries.
 */
public record ProcessorCount(int number) {

  private static final Logger LOG = LoggerFactory.getLogger(ProcessorCount.class);

  private static final Map<String, String> THREADS =
      Map.of("ParallelGCThreads", "parallel GC threads", "CICompilerCount", "compiler threads");

  public static ProcessorCount now() {
    return new ProcessorCount(Runtime.getRuntime().availableProcessors());
  }

  /** In a restored process: says once what keeps this number, where there is another now. */
  public void logWhatStays() {
    int here = now().number;
    if (here == number) {
      return;
    }
    List<String> kept = new ArrayList<>();
    try (JvmFlags flags = new JvmFlags()) {
      THREADS.forEach(
          (flag, what) ->
              flags
                  .value(flag)
                  .filter(value -> !value.equals("0"))
                  .ifPresent(value -> kept.add("its " + value + " " + what)));
    }
    kept.sort(null);
    LOG.info(
        "{} here, {} at the checkpoint: the JVM keeps {}, and libraries the pools that they made as large as"
            + " that number. Where it matters, take the checkpoint where there are as many as here",
        describe(here),
        number,
        kept.isEmpty() ? "its collector's threads" : String.join(" and ", kept));
  }

  private static String describe(int processors) {
    return processors == 1 ? "1 processor" : processors + " processors";
  }
}
