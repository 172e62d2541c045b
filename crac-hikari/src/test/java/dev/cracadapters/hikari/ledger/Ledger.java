/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The books that a {@link LedgerService} keeps in a database, and whether they balance. */
public record Ledger(Connection connection) {

  private static final long OPENING = 10_000;

  /** Opens new books. */
  public static Ledger open(Connection connection) throws SQLException {
    Ledger ledger = new Ledger(connection);
    ledger.execute("drop table if exists account");
    ledger.execute("drop table if exists transfer");
    ledger.execute("create table account (id int primary key, balance bigint not null)");
    ledger.execute(
        "create table transfer (worker int, number bigint, from_id int, to_id int, amount int,"
            + " primary key (worker, number))");
    for (int i = 0; i < Transfer.ACCOUNTS; i++) {
      ledger.execute("insert into account values (" + i + ", " + OPENING + ")");
    }
    return ledger;
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /**
   * Compares with what the service has in memory: every transfer that a worker saw committed is
   * there once, no other is, and the balances are those of the transfers.
   *
   * @param told all that the service wrote
   */
  public void assertBalancesWith(List<String> told) throws SQLException {
    Map<Long, Long> committed = assertWholeSince(told, "0");
    assertThat(map("select id, balance - " + OPENING + " from account"))
        .isEqualTo(numbers(told, "moved"));
    assertThat(map("select worker, count(*) from transfer group by worker")).isEqualTo(committed);
  }

  /** As {@link #assertBalancesWith} for books that were opened while the service had begun. */
  public void assertBalancesSinceOpened(List<String> told) throws SQLException {
    assertWholeSince(told, "min(number)");
  }

  private Map<Long, Long> assertWholeSince(List<String> told, String first) throws SQLException {
    assertThat(told).noneMatch(line -> line.startsWith("failure")).contains("stopped");
    Map<Long, Long> committed = numbers(told, "committed");
    assertThat(committed).hasSize(LedgerService.WORKERS).doesNotContainValue(0L);

    // Each number once by the primary key, and none missing up to the last.
    Map<Long, Long> firsts = map("select worker, " + first + " from transfer group by worker");
    assertThat(map("select worker, max(number) + 1 from transfer group by worker"))
        .isEqualTo(committed);
    assertThat(map("select worker, " + first + " + count(*) from transfer group by worker"))
        .isEqualTo(committed);

    Map<Long, Long> balances = map("select id, balance - " + OPENING + " from account");
    assertThat(balances).isEqualTo(booked(firsts, committed));
    assertThat(balances.values().stream().mapToLong(Long::longValue).sum()).isZero();
    return committed;
  }

  private static Map<Long, Long> booked(Map<Long, Long> first, Map<Long, Long> end) {
    Map<Long, Long> balances = new TreeMap<>();
    for (long account = 0; account < Transfer.ACCOUNTS; account++) {
      balances.put(account, 0L);
    }
    end.forEach(
        (worker, count) -> {
          for (long number = first.getOrDefault(worker, count); number < count; number++) {
            Transfer transfer = Transfer.of(worker.intValue(), number);
            balances.merge((long) transfer.from(), (long) -transfer.amount(), Long::sum);
            balances.merge((long) transfer.to(), (long) transfer.amount(), Long::sum);
          }
        });
    return balances;
  }

  private static Map<Long, Long> numbers(List<String> told, String kind) {
    Map<Long, Long> numbers = new TreeMap<>();
    for (String line : told) {
      String[] words = line.split(" ");
      if (words.length == 3 && words[0].equals(kind)) {
        numbers.put(Long.parseLong(words[1]), Long.parseLong(words[2]));
      }
    }
    return numbers;
  }

  private Map<Long, Long> map(String sql) throws SQLException {
    Map<Long, Long> map = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        map.put(rows.getLong(1), rows.getLong(2));
      }
    }
    return map;
  }
}
