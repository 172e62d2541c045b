/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An open descriptor of this process, as Linux shows it in {@code /proc/self}.
 *
 * @param number the descriptor's number
 * @param kind what it is
 * @param target a path, or what the kernel calls it; for a socket its ends in words
 * @param writable whether it was opened for writing
 * @param local a TCP or UDP socket's own end, or null
 * @param remote a TCP connection's other end, or null
 * @param watched for an epoll descriptor the descriptors it watches, else empty
 */
public record Descriptor(
    int number,
    Kind kind,
    String target,
    boolean writable,
    @Nullable InetSocketAddress local,
    @Nullable InetSocketAddress remote,
    List<Integer> watched) {

  public Descriptor {
    watched = List.copyOf(watched);
  }

  /** What messages call it. */
  String title() {
    return "descriptor " + number + ", " + target;
  }

  /** What a descriptor is. */
  public enum Kind {
    /** A regular file. */
    FILE,
    /** A file that has been deleted while it was open. */
    DELETED_FILE,
    /** A directory. */
    DIRECTORY,
    /** A character or block device. */
    DEVICE,
    /** One end of a pipe, or a FIFO. */
    PIPE,
    /** A TCP socket that accepts connections. */
    TCP_LISTENER,
    /** A TCP socket in any other state. */
    TCP_CONNECTION,
    /** A UDP socket. */
    UDP_SOCKET,
    /** A Unix domain socket. */
    UNIX_SOCKET,
    /** A socket of another family. */
    OTHER_SOCKET,
    /** An epoll descriptor. */
    EPOLL,
    /** An event descriptor. */
    EVENT,
    /** An io_uring descriptor. */
    IO_URING,
    /** Anything else: timers, signals, inotify, memory files. */
    OTHER
  }
}
