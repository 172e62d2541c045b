/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The database servers in a JDBC URL, in one of these forms: {@code
 * jdbc:postgresql://a:1,b/database}, {@code jdbc:oracle:thin:@a:1:SID}, {@code
 * jdbc:oracle:thin:@//a:1/service}, {@code jdbc:sqlserver://a\instance:1;option}. A URL of another
 * form names no server.
 *
 * @param servers in the order of the URL
 */
public record JdbcUrl(List<Server> servers) {

  /**
   * A server.
   *
   * @param host a name or an address; an IPv6 address is in brackets
   * @param port the URL's or else the database's usual one, -1 if neither is known
   */
  public record Server(String host, int port) {}

  private static final Pattern HOSTS =
      Pattern.compile(
          "jdbc:(oracle:[^@]*(?=@)|[^@/]*)(?://|@(?://)?)(?:[^@/]*@)?([^/;?]+).*", Pattern.DOTALL);

  /** Host, port, and what may follow that (an Oracle SID) or the host (an SQL Server instance). */
  private static final Pattern SERVER =
      Pattern.compile("(\\[[^]]+]|[^:\\\\]+)(?:\\\\[^:]*)?(?::(\\d+))?(?::[^:]*)?");

  private static final Map<String, Integer> USUAL_PORTS =
      Map.of(
          "postgresql", 5432,
          "mysql", 3306,
          "mariadb", 3306,
          "sqlserver", 1433,
          "oracle", 1521,
          "db2", 50000,
          "h2", 9092,
          "hsqldb", 9001);

  public JdbcUrl {
    servers = List.copyOf(servers);
  }

  /**
   * {@return the servers of a JDBC URL, or of null} No name is resolved.
   *
   * @param url a JDBC URL, or null
   */
  public static JdbcUrl of(@Nullable String url) {
    List<Server> servers = new ArrayList<>();
    Matcher hosts = HOSTS.matcher(url == null ? "" : url);
    if (hosts.matches()) {
      // A wrapper's name may stand before that of the database: jdbc:p6spy:postgresql://...
      int usualPort =
          Stream.of(hosts.group(1).split(":"))
              .map(USUAL_PORTS::get)
              .filter(Objects::nonNull)
              .findFirst()
              .orElse(-1);
      for (String entry : hosts.group(2).split(",")) {
        Matcher server = SERVER.matcher(entry.strip());
        if (server.matches()) {
          String port = server.group(2);
          servers.add(
              new Server(server.group(1), port == null ? usualPort : Integer.parseInt(port)));
        }
      }
    }
    return new JdbcUrl(servers);
  }

  /**
   * {@return the servers' addresses, for a comparison with those of sockets, as {@link
   * KernelSockets#describe(InetSocketAddress)} writes them, without a port where none is known}
   * Names are resolved now; one that is unknown has no address.
   */
  public Set<String> addresses() {
    Set<String> found = new LinkedHashSet<>();
    for (Server server : servers) {
      for (InetAddress address : resolve(server.host)) {
        String text = KernelSockets.describe(address);
        found.add(server.port < 0 ? text : text + ':' + server.port);
      }
    }
    return found;
  }

  /**
   * {@return whether the far end of a connection has the host and port of one of the servers} Names
   * are resolved now.
   */
  public boolean leadsTo(InetSocketAddress address) {
    return servers.stream()
        .anyMatch(
            server ->
                server.port == address.getPort()
                    && resolve(server.host).contains(address.getAddress()));
  }

  private static List<InetAddress> resolve(String host) {
    try {
      return List.of(InetAddress.getAllByName(host));
    } catch (UnknownHostException e) {
      return List.of(); // then there is no connection to it either
    }
  }
}
