/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.audit.Descriptor.Kind;
import dev.cracadapters.core.audit.PolicyMatcher.BadParameter;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The parameters of a rule for sockets. */
final class SocketConditions {

  private static final String UNIX = "Unix socket ";

  private SocketConditions() {}

  static List<Predicate<Descriptor>> of(Map<String, String> parameters) throws BadParameter {
    List<Predicate<Descriptor>> conditions = new ArrayList<>();
    String family = parameters.get("family");
    if (family != null) {
      conditions.add(family(family));
    }
    String listening = parameters.get("listening");
    if (listening != null) {
      boolean wanted = Boolean.parseBoolean(listening);
      conditions.add(descriptor -> wanted == (descriptor.kind() == Kind.TCP_LISTENER));
    }
    addEnd(conditions, parameters, "local", Descriptor::local);
    addEnd(conditions, parameters, "remote", Descriptor::remote);
    return conditions;
  }

  private static Predicate<Descriptor> family(String name) throws BadParameter {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "ipv6", "inet6" -> descriptor -> isOf(descriptor, Inet6Address.class);
      case "ipv4", "inet4" -> descriptor -> isOf(descriptor, Inet4Address.class);
      case "ip", "inet" -> descriptor -> descriptor.kind() != Kind.UNIX_SOCKET;
      case "unix" ->
          descriptor ->
              descriptor.kind() == Kind.UNIX_SOCKET || descriptor.kind() == Kind.OTHER_SOCKET;
      default ->
          throw new BadParameter(
              "family",
              "there is no family \""
                  + name
                  + "\" (there are: ipv4, ipv6, inet4, inet6, ip, inet, unix)");
    };
  }

  /** A socket of both families, which is not bound to an address, counts for either. */
  private static boolean isOf(Descriptor descriptor, Class<? extends InetAddress> family) {
    if (descriptor.kind() == Kind.UNIX_SOCKET) {
      return false;
    }
    InetSocketAddress local = descriptor.local();
    return local == null
        || local.getAddress().isAnyLocalAddress()
        || family.isInstance(local.getAddress());
  }

  private static void addEnd(
      List<Predicate<Descriptor>> conditions,
      Map<String, String> parameters,
      String end,
      Function<Descriptor, @Nullable InetSocketAddress> address)
      throws BadParameter {
    String host = parameters.get(end + "Address");
    String port = parameters.get(end + "Port");
    String path = parameters.get(end + "Path");
    if (host != null || port != null) {
      conditions.add(descriptor -> address.apply(descriptor) != null);
    }
    if (host != null && !host.equals("*")) {
      conditions.add(descriptor -> isAt(host, address.apply(descriptor)));
    }
    if (port != null && !port.equals("*")) {
      int number = PolicyMatcher.number(end + "Port", port);
      conditions.add(descriptor -> isAt(number, address.apply(descriptor)));
    }
    if (path != null && host == null && port == null) {
      PathPattern pattern = PathPattern.of(end + "Path", path);
      // The kernel's tables name the local end alone.
      boolean local = end.equals("local");
      conditions.add(
          descriptor ->
              local
                  && descriptor.target().startsWith(UNIX)
                  && pattern.matches(descriptor.target().substring(UNIX.length())));
    }
  }

  private static boolean isAt(String host, @Nullable InetSocketAddress address) {
    if (address == null) {
      return false;
    }
    try {
      InetAddress named = InetAddress.getByName(host);
      // Java calls the wildcard of a socket of both families 0.0.0.0, the kernel [::].
      return named.isAnyLocalAddress()
          ? address.getAddress().isAnyLocalAddress()
          : named.equals(address.getAddress());
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static boolean isAt(int port, @Nullable InetSocketAddress address) {
    return address != null && address.getPort() == port;
  }
}
