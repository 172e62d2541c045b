/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import java.util.ArrayList;
import java.util.List;

/**
 * What to measure of processes that were restored a while ago.
 *
 * @param start where all is
 * @param service which service
 * @param minutes for how long in all
 * @param settleMinutes how many of them are shown by themselves, since the processes are new then
 * @param sliceSeconds how long a process is under load before it is the next one's turn
 * @param clients how many call at once
 */
record LaterOptions(
    StartOptions start,
    String service,
    double minutes,
    double settleMinutes,
    int sliceSeconds,
    int clients) {

  static final String USAGE =
      """
      Usage: benchmarks/later [--long] [--java HOME] [--service NAME] [--heap MB] [--warm-up N] [--minutes N] [--settle N]
                              [--slice SECONDS] [--clients N] [--publish]

        --long     an hour, the first 10 minutes by themselves, in slices of 20 s
        --java     the JDK (default: the one that runs this)
        --service  orders or clinic (default: orders)
        --heap     how many megabytes of live heap each process holds beside (default: 0)
        --warm-up  how many requests each of 4 clients sends before an image is made (default: 5000)
        --minutes  how long the processes are measured, all together (default: 3.5)
        --settle   how many of these minutes are a row of their own, and not compared (default: 1)
        --slice    how long each is under load before the next one's turn (default: 5)
        --clients  how many call at once (default: 4)
        --publish  put the table into benchmarks/README.md, too
      """;

  static LaterOptions of(String... arguments) {
    List<String> passedOn = new ArrayList<>(List.of("--heap", "0", "--warm-up", "5000"));
    String service = "orders";
    double minutes = 3.5;
    double settle = 1;
    int slice = 5;
    int clients = 4;
    for (int i = 0; i < arguments.length; i++) {
      String option = arguments[i];
      if (option.equals("--long")) {
        minutes = 60;
        settle = 10;
        slice = 20;
        continue;
      }
      if (option.equals("--publish")) {
        passedOn.add(option);
        continue;
      }
      if (++i == arguments.length) {
        throw new IllegalArgumentException(USAGE);
      }
      String value = arguments[i];
      switch (option) {
        case "--java", "--heap", "--warm-up" -> passedOn.addAll(List.of(option, value));
        case "--service" -> service = value;
        case "--minutes" -> minutes = Double.parseDouble(value);
        case "--settle" -> settle = Double.parseDouble(value);
        case "--slice" -> slice = Integer.parseInt(value);
        case "--clients" -> clients = Integer.parseInt(value);
        default -> throw new IllegalArgumentException(USAGE);
      }
    }
    StartOptions start = StartOptions.of(passedOn.toArray(String[]::new));
    return new LaterOptions(start, service, minutes, settle, slice, clients);
  }

  /** How often each of so many processes has its turn. */
  int rounds(int processes) {
    return Math.max(2, (int) (minutes * 60 / (processes * sliceSeconds)));
  }

  /** How many of those rounds are not compared. */
  int settlingRounds(int processes) {
    return Math.min(
        rounds(processes) - 1, (int) Math.round(settleMinutes * 60 / (processes * sliceSeconds)));
  }
}
