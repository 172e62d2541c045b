/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.audit.Descriptor.Kind;
import dev.cracadapters.core.support.AdaptedLibrary;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Guesses what holds a descriptor by the libraries on the class path: a library that opens such
 * descriptors is there, and its adapter is not.
 */
final class UnadaptedLibraries implements DescriptorOwner {

  private static final Map<Kind, List<AdaptedLibrary>> OPENED_BY =
      Map.of(
          Kind.FILE, List.of(AdaptedLibrary.LOGBACK),
          Kind.TCP_CONNECTION, List.of(AdaptedLibrary.HIKARI),
          Kind.TCP_LISTENER, List.of(AdaptedLibrary.JETTY, AdaptedLibrary.NETTY));

  @Override
  public Optional<String> remedy(Descriptor descriptor) {
    String guesses =
        OPENED_BY.getOrDefault(descriptor.kind(), List.of()).stream()
            .filter(library -> library.lacksAdapter(null))
            .map(library -> "add " + library.artifact() + " if it is " + library.title() + "'s")
            .collect(Collectors.joining(", or "));
    return guesses.isEmpty() ? Optional.empty() : Optional.of(guesses);
  }
}
