/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The servers in a JDBC URL, where it has the usual form {@code jdbc:name://host:port,host/...}.
 */
public final class JdbcServers {

  private static final Pattern AUTHORITY = Pattern.compile("//(?:[^/?;@]*@)?([^/?;]+)");
  private static final Pattern SERVER = Pattern.compile("(\\[[^]]+]|[^:,]+)(:\\d+)?");

  private JdbcServers() {}

  /**
   * The servers' addresses, each with its port where the URL gives one.
   *
   * @param url null or of another form gives no server, nor does a name that is unknown
   */
  public static Set<String> of(@Nullable String url) {
    Set<String> servers = new HashSet<>();
    Matcher authority = AUTHORITY.matcher(url == null ? "" : url);
    if (authority.find()) {
      Matcher server = SERVER.matcher(authority.group(1));
      while (server.find()) {
        String port = server.group(2) == null ? "" : server.group(2);
        for (InetAddress address : addresses(server.group(1))) {
          servers.add(ServerCloses.written(address) + port);
        }
      }
    }
    return servers;
  }

  private static InetAddress[] addresses(String host) {
    try {
      return InetAddress.getAllByName(host);
    } catch (UnknownHostException e) {
      // Then there is no connection to it either.
      return new InetAddress[0];
    }
  }
}
