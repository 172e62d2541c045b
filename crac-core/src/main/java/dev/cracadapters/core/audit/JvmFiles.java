/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.audit.Descriptor.Kind;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Files that HotSpot itself writes to: no Java object stands for their descriptors, and no adapter
 * closes them. The logs of {@code -Xlog} are only ever appended to, a line at a time, so that they
 * may go on in whatever is there at a restore. The others have a place in the file that a restore
 * would have to find again; an option of the JVM or a command ends them.
 */
final class JvmFiles implements DescriptorOwner {

  private static final Proc SELF = Proc.self();

  /** A line of {@code VM.log list}: {@code #2: file=/var/log/gc.log all=off,gc=info ...}. */
  private static final Pattern LOG = Pattern.compile("(?m)^ *#\\d+: file=(.*?) all=");

  /** What HotSpot puts into the names of its files: the PID, the time, the machine. */
  private static final Pattern PLACEHOLDER = Pattern.compile("%(p|t|hn)");

  /** {@code 2026_11_30_12_53_07_PID/2026_11_30_12_53_07.jfr}, wherever the repository is. */
  private static final Pattern RECORDING = Pattern.compile("/\\d{4}(_\\d\\d){5}_\\d+/[^/]*\\.jfr$");

  private static final Pattern OUTPUT =
      Pattern.compile("/(hotspot_(pid)?\\d+|hs_c\\d+_pid\\d+)\\.log$");

  private static final String OUTPUT_OPTION = "-XX:LogFile=";

  JvmFiles() {}

  /** Whether the JVM logs into the file, as {@code -Xlog} has told it to. */
  boolean isLog(Descriptor descriptor) {
    if (descriptor.kind() != Kind.FILE && descriptor.kind() != Kind.DELETED_FILE) {
      return false;
    }
    try {
      Proc.DescriptorInfo info = SELF.info(descriptor.number());
      return info.isWriteOnly()
          && info.isAppending()
          && logs().stream().anyMatch(name -> isNamed(descriptor, name));
    } catch (IOException e) {
      return false; // closed since
    }
  }

  @Override
  public Optional<String> remedy(Descriptor descriptor) {
    if (!descriptor.writable()) {
      return Optional.empty();
    }
    long pid = ProcessHandle.current().pid();
    String target = descriptor.target();
    if (RECORDING.matcher(target).find()) {
      return Optional.of(
          "a flight recording (JFR) writes it: stop that before a checkpoint (jcmd %d JFR.stop name=..., which JFR.check tells), or start the JVM without -XX:StartFlightRecording; another one can be started after the restore"
              .formatted(pid));
    }
    if (isOutput(descriptor)) {
      return Optional.of(
          "HotSpot writes it: start the JVM without -XX:+LogVMOutput and -XX:+LogCompilation");
    }
    return descriptor.kind() == Kind.DELETED_FILE && isLog(descriptor)
        ? Optional.of(
            "the JVM logs to it (-Xlog): jcmd %d VM.log rotate makes it anew where it has a filecount, jcmd %d VM.log disable closes it"
                .formatted(pid, pid))
        : Optional.empty();
  }

  private static boolean isOutput(Descriptor descriptor) {
    return OUTPUT.matcher(descriptor.target()).find()
        || ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(option -> option.startsWith(OUTPUT_OPTION))
            .anyMatch(option -> isNamed(descriptor, option.substring(OUTPUT_OPTION.length())));
  }

  /** The names of the JVM's log files as they were given to it. */
  private static List<String> logs() {
    try {
      Object list =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "vmLog",
                  new Object[] {new String[] {"list"}},
                  new String[] {String[].class.getName()});
      return LOG.matcher(String.valueOf(list)).results().map(match -> match.group(1)).toList();
    } catch (JMException | RuntimeException e) {
      return List.of(); // a JVM without diagnostic commands
    }
  }

  /** Also under a name to which somebody has moved it: {@code gc.log.1}. */
  private static boolean isNamed(Descriptor descriptor, String name) {
    try {
      Path path = SELF.folder().resolve("cwd").toRealPath().resolve(name);
      Path parent = path.getParent();
      Path open = Path.of(descriptor.target());
      return parent != null
          && parent.toRealPath().equals(open.getParent())
          && pattern(path.getFileName().toString())
              .matcher(open.getFileName().toString())
              .matches();
    } catch (IOException e) {
      return false; // its folder is gone
    }
  }

  private static Pattern pattern(String name) {
    StringBuilder pattern = new StringBuilder();
    int from = 0;
    for (Matcher at = PLACEHOLDER.matcher(name); at.find(); from = at.end()) {
      pattern.append(Pattern.quote(name.substring(from, at.start()))).append(".+");
    }
    return Pattern.compile(
        pattern + Pattern.quote(name.substring(from)) + "([.-].*| \\(deleted\\))?");
  }
}
