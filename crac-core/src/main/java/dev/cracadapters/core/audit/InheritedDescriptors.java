/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.audit.Descriptor.Kind;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Descriptors that were open when the JVM was started, by a redirection of a shell or by a
 * supervisor. Nothing in the JVM uses them, so nothing in it can close them.
 *
 * <p>The kernel gives out the lowest number that is free: what is below the JDK's {@code
 * lib/modules}, which the JVM opens first of what it keeps open, was there before. Of a higher
 * number it can be said that it outlived an {@code exec}, and that no stream or channel stands for
 * it.
 */
final class InheritedDescriptors implements DescriptorOwner {

  private static final Proc SELF = Proc.self();

  private static final int FIRST_OF_SYSTEMD = 3; // SD_LISTEN_FDS_START

  /** All that the JDK opens in Java is found by {@link OpenStreams}, but for socket channels. */
  private static final Set<Kind> FOUND_IN_JAVA =
      Set.of(Kind.FILE, Kind.DELETED_FILE, Kind.DIRECTORY, Kind.DEVICE, Kind.PIPE, Kind.OTHER);

  InheritedDescriptors() {}

  @Override
  public Optional<String> remedy(Descriptor descriptor) {
    try {
      int number = descriptor.number();
      if (SELF.info(number).isClosedByExec()) {
        return Optional.empty();
      }
      String close =
          "close it there, in %s by %d>&-".formatted(number > 9 ? "bash" : "a shell", number);
      if (isOfSystemd(number)) {
        return Optional.of(
            "it was handed down by systemd (LISTEN_FDS): let no socket unit start the JVM");
      }
      if (number < firstOfTheJvm()) {
        return Optional.of("it was inherited from what started the JVM: " + close);
      }
      if (descriptor.kind() == Kind.UNIX_SOCKET) {
        return Optional.of(
            "if it was inherited from what started the JVM, "
                + close
                + "; otherwise close it in an org.crac.Resource");
      }
      return FOUND_IN_JAVA.contains(descriptor.kind())
              && !OpenStreams.ofThisProcess().isKnown(number)
          ? Optional.of(
              "no stream or channel has it, so it was probably inherited from what started the JVM: "
                  + close
                  + "; if native code has opened it, that has to close it")
          : Optional.empty();
    } catch (IOException | ReflectiveOperationException e) {
      return Optional.empty(); // closed since, or a JDK that does not show its streams
    }
  }

  private static boolean isOfSystemd(int number) {
    String count = System.getenv("LISTEN_FDS");
    String pid = Long.toString(ProcessHandle.current().pid());
    return count != null
        && pid.equals(System.getenv("LISTEN_PID"))
        && count.matches("\\d{1,4}")
        && number >= FIRST_OF_SYSTEMD
        && number < FIRST_OF_SYSTEMD + Integer.parseInt(count);
  }

  private static int firstOfTheJvm() throws IOException {
    String modules = System.getProperty("java.home") + "/lib/modules";
    List<Integer> numbers = SELF.descriptors();
    return numbers.stream()
        .filter(number -> SELF.target(number).filter(modules::equals).isPresent())
        .findFirst()
        .orElse(0);
  }
}
