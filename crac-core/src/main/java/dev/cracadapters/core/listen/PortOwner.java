/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.listen;

import dev.cracadapters.core.support.KernelSockets;
import dev.cracadapters.core.support.KernelSockets.InternetSocket;
import dev.cracadapters.core.support.KernelSockets.TcpState;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What keeps an address from being bound.
 *
 * @param description such as {@code PID 4711 (java)}
 * @param isProcess whether it is a process that can be seen
 * @param isTimeWait whether it is only the kernel, which frees the address within a minute
 */
record PortOwner(String description, boolean isProcess, boolean isTimeWait) {

  private static final Set<TcpState> CLOSED_BY_THIS_SIDE =
      Set.of(TcpState.TIME_WAIT, TcpState.FIN_WAIT1, TcpState.FIN_WAIT2);

  /** The owner of the address, as far as {@code /proc} shows it. */
  static PortOwner of(InetSocketAddress address) {
    try {
      List<InternetSocket> there =
          KernelSockets.tcp().stream().filter(one -> isIn(address, one.local())).toList();
      boolean listening = there.stream().anyMatch(one -> one.state() == TcpState.LISTEN);
      Set<String> inodes =
          there.stream()
              .filter(one -> !listening || one.state() == TcpState.LISTEN)
              .map(InternetSocket::inode)
              .collect(Collectors.toSet());
      try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
        for (Path process : processes) {
          if (isOneOpenIn(process, inodes)) {
            return new PortOwner(describe(process), true, false);
          }
        }
      }
      if (!there.isEmpty()
          && there.stream().allMatch(one -> CLOSED_BY_THIS_SIDE.contains(one.state()))) {
        return new PortOwner("closed connections in TIME_WAIT, for a minute at most", false, true);
      }
    } catch (IOException e) {
      // What is not shown is not known.
    }
    return new PortOwner(
        "a process that cannot be seen, of another user or container", false, false);
  }

  private static boolean isIn(InetSocketAddress wanted, InetSocketAddress taken) {
    return wanted.getPort() == taken.getPort()
        && (wanted.getAddress() == null
            || wanted.getAddress().isAnyLocalAddress()
            || taken.getAddress().isAnyLocalAddress()
            || wanted.getAddress().equals(taken.getAddress()));
  }

  private static boolean isOneOpenIn(Path folder, Set<String> inodes) {
    Proc process = new Proc(folder);
    try {
      return process.descriptors().stream()
          .flatMap(descriptor -> process.target(descriptor).stream())
          .flatMap(target -> KernelSockets.inode(target).stream())
          .anyMatch(inodes::contains);
    } catch (IOException e) {
      return false; // it has ended, or belongs to another user
    }
  }

  private static String describe(Path process) {
    long pid = Long.parseLong(process.getFileName().toString());
    if (pid == ProcessHandle.current().pid()) {
      return "this process";
    }
    try {
      return "PID %d (%s)".formatted(pid, Proc.text(process.resolve("comm")).strip());
    } catch (IOException e) {
      return "PID " + pid;
    }
  }
}
