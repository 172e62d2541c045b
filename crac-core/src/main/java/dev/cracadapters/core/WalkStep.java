/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What the walk calls at one time: one resource, or a group that goes side by side. */
final class WalkStep {

  private final List<RegisteredResource> members = new ArrayList<>();

  private WalkStep(RegisteredResource first) {
    members.add(first);
  }

  /**
   * The steps of the way down.
   *
   * @param order the resources, from the first stopped to the last
   */
  static List<WalkStep> of(List<RegisteredResource> order) {
    List<WalkStep> steps = new ArrayList<>();
    for (RegisteredResource resource : order) {
      steps.stream()
          .filter(step -> step.takes(resource))
          .findFirst()
          .ifPresentOrElse(
              step -> step.members.add(resource), () -> steps.add(new WalkStep(resource)));
    }
    return steps;
  }

  private boolean takes(RegisteredResource other) {
    RegisteredResource first = members.get(0);
    return isSideBySide()
        && first.phase() == other.phase()
        && first.resource().getClass() == other.resource().getClass()
        // Nobody is called twice at a time.
        && members.stream().noneMatch(member -> member.resource() == other.resource());
  }

  boolean isSideBySide() {
    return members.get(0).resource() instanceof SideBySideResource;
  }

  /** From the first stopped to the last, as far as there is a difference. */
  List<RegisteredResource> members() {
    return Collections.unmodifiableList(members);
  }

  /** The group, as its members are told of it. */
  List<SideBySideResource> group() {
    return members.stream().map(member -> (SideBySideResource) member.resource()).toList();
  }
}
