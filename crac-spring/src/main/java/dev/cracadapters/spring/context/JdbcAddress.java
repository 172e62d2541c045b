/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.context;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The address of the database in a JDBC URL. */
final class JdbcAddress {

  /** {@code jdbc:postgresql://a:1,b/...}, {@code jdbc:oracle:thin:@a:1:SID}, and the like. */
  private static final Pattern HOSTS =
      Pattern.compile("jdbc:([a-z0-9]+):[^@/]*(?://|@(?://)?)(?:[^@/]*@)?([^/;?]+).*");

  private static final Pattern HOST =
      Pattern.compile("(\\[[^\\]]+\\]|[^:]+)(?::(\\d+))?(?::[^:]*)?");

  private static final Map<String, Integer> DEFAULT_PORTS =
      Map.of(
          "postgresql",
          5432,
          "mysql",
          3306,
          "mariadb",
          3306,
          "sqlserver",
          1433,
          "oracle",
          1521,
          "db2",
          50000,
          "h2",
          9092,
          "hsqldb",
          9001);

  private JdbcAddress() {}

  /** Whether a URL names this address as the database, or as one of its databases. */
  static boolean leadsTo(@Nullable String url, InetSocketAddress address) {
    if (url == null) {
      return false;
    }
    Matcher hosts = HOSTS.matcher(url);
    if (!hosts.matches()) {
      return false;
    }
    int defaultPort = DEFAULT_PORTS.getOrDefault(hosts.group(1), -1);
    for (String entry : hosts.group(2).split(",")) {
      Matcher host = HOST.matcher(entry.strip());
      if (host.matches()) {
        int port = host.group(2) == null ? defaultPort : Integer.parseInt(host.group(2));
        if (port == address.getPort() && isAt(host.group(1), address.getAddress())) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isAt(String host, InetAddress address) {
    try {
      return List.of(InetAddress.getAllByName(host)).contains(address);
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
