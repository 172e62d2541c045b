/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * A booking from one account to another that follows from its worker and number alone, so that
 * whoever knows how many a worker has booked knows all balances.
 */
record Transfer(int worker, long number, int from, int to, int amount) {

  static final int ACCOUNTS = 64;

  private static final int TIMEOUT_SECONDS = 60;

  static Transfer of(int worker, long number) {
    long mixed = (worker * 1_000_003L + number) * 0x9E3779B97F4A7C15L >>> 16;
    int from = (int) (mixed % ACCOUNTS);
    int to = (int) ((from + 1 + mixed / 64 % (ACCOUNTS - 1)) % ACCOUNTS);
    return new Transfer(worker, number, from, to, (int) (1 + mixed / 8192 % 100));
  }

  /** Writes it, without a commit. */
  void writeTo(Connection connection) throws SQLException {
    // In one order for all: nobody waits in a circle.
    int low = Math.min(from, to);
    move(connection, low, low == from ? -amount : amount);
    move(connection, from + to - low, low == from ? amount : -amount);
    try (PreparedStatement insert =
        connection.prepareStatement(
            "insert into transfer (worker, number, from_id, to_id, amount) values (?, ?, ?, ?, ?)")) {
      insert.setInt(1, worker);
      insert.setLong(2, number);
      insert.setInt(3, from);
      insert.setInt(4, to);
      insert.setInt(5, amount);
      // Far away, but it keeps the driver's timer busy.
      insert.setQueryTimeout(TIMEOUT_SECONDS);
      insert.executeUpdate();
    }
  }

  private static void move(Connection connection, int account, int amount) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement("update account set balance = balance + ? where id = ?")) {
      update.setInt(1, amount);
      update.setInt(2, account);
      if (update.executeUpdate() != 1) {
        throw new SQLException("There is no account " + account);
      }
    }
  }
}
