/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.RefusedException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The descriptor policies of this process: rules by which a user says what is to become of a
 * descriptor that is open at a checkpoint and that no library closes.
 *
 * <p>They are read from a file in the CRaC JDK's own format, so that a file that exists works as it
 * is. The system property {@code crac.resource-policies} names it, else {@code
 * jdk.crac.resource-policies}, which is a CRaC JDK's. Descriptors of the JVM itself, the class path
 * and standard streams are subject to no policy.
 *
 * <p>For each descriptor the first rule that matches counts, among those of its own type; where
 * there is none, among those of the type {@code filedescriptor} that name it by its number or its
 * description.
 */
public final class ResourcePolicies {

  private static final String OURS = "crac.resource-policies";
  private static final String OF_A_CRAC_JDK = "jdk.crac.resource-policies";

  private final List<ResourcePolicy> policies;

  private ResourcePolicies(List<ResourcePolicy> policies) {
    this.policies = policies;
  }

  /** {@return no policies, the same as an empty file} */
  public static ResourcePolicies none() {
    return new ResourcePolicies(List.of());
  }

  /**
   * {@return the policies in the file that a system property names, none where no file is named}
   *
   * @throws RefusedException if there is no such file, or a rule in it is wrong; the message names
   *     the line
   */
  public static ResourcePolicies fromSystemProperties() throws RefusedException {
    String file = named();
    if (file == null) {
      return none();
    }
    try {
      return new ResourcePolicies(PolicyFile.read(Path.of(file)));
    } catch (InvalidPathException e) {
      throw new RefusedException("policies " + file, "that is no path", "Correct " + OURS, e);
    }
  }

  /** {@return whether a system property names a file of policies} */
  public static boolean areNamed() {
    return named() != null;
  }

  /** On a CRaC JDK: lets it see the file that our own property names. */
  public static void offerToCracJdk() {
    String file = named();
    if (file != null && System.getProperty(OF_A_CRAC_JDK) == null) {
      System.setProperty(OF_A_CRAC_JDK, file);
    }
  }

  private static @Nullable String named() {
    String file = System.getProperty(OURS);
    return file == null || file.isBlank() ? System.getProperty(OF_A_CRAC_JDK) : file.strip();
  }

  Optional<ResourcePolicy> find(Descriptor descriptor) {
    Optional<ResourcePolicy> own = first(descriptor, false);
    return own.isPresent() ? own : first(descriptor, true);
  }

  private Optional<ResourcePolicy> first(Descriptor descriptor, boolean byDescriptor) {
    return policies.stream()
        .filter(policy -> policy.matcher().isByDescriptor() == byDescriptor)
        .filter(policy -> policy.matcher().matches(descriptor))
        .findFirst();
  }
}
