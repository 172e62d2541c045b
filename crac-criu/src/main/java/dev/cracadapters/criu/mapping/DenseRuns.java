/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import java.util.ArrayList;
import java.util.List;

/**
 * Which memory is worth a mapping: each costs a restore as much as reading some pages, and a page
 * of a gap would be kept by the file where anonymous memory has none.
 *
 * @param leastBytes how much content a run must have
 * @param mostGap how much without content may be in between
 */
record DenseRuns(long leastBytes, long mostGap) {

  /**
   * The runs, from the first page with content to the last, in an area of memory.
   *
   * @param extents by their addresses; what is outside of the area is passed over
   */
  List<Range> in(Range area, List<Extent> extents) {
    List<Range> runs = new ArrayList<>();
    Range run = new Range(0, 0);
    long content = 0;
    for (Extent extent : extents) {
      Range here = extent.range().common(area);
      if (here.isEmpty()) {
        continue;
      }
      if (content > 0 && here.start() - run.end() <= mostGap) {
        run = new Range(run.start(), here.end());
      } else {
        add(runs, run, content);
        run = here;
        content = 0;
      }
      content += here.bytes();
    }
    add(runs, run, content);
    return runs;
  }

  private void add(List<Range> runs, Range run, long content) {
    if (content >= leastBytes && 2 * content >= run.bytes()) {
      runs.add(run);
    }
  }
}
