/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The orders in PostgreSQL. */
@Repository
class OrderStore {

  private static final String COLUMNS =
      "id, customer, item, quantity, reference, status, created_at";

  private final JdbcClient jdbc;

  OrderStore(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * Stores an order.
   *
   * @throws org.springframework.dao.DuplicateKeyException if there is one with this reference
   */
  Order create(NewOrder order) {
    return jdbc.sql(
            "insert into orders (customer, item, quantity, reference)"
                + " values (:customer, :item, :quantity, :reference) returning "
                + COLUMNS)
        .paramSource(order)
        .query(Order.class)
        .single();
  }

  Optional<Order> find(long id) {
    return jdbc.sql("select " + COLUMNS + " from orders where id = :id")
        .param("id", id)
        .query(Order.class)
        .optional();
  }

  /** The newest orders, newest first. */
  List<Order> newest(int limit) {
    return jdbc.sql("select " + COLUMNS + " from orders order by id desc limit :limit")
        .param("limit", limit)
        .query(Order.class)
        .list();
  }

  long count() {
    return jdbc.sql("select count(*) from orders").query(Long.class).single();
  }

  /** Closes the orders that have been open for longer than this, and says how many there were. */
  int closeOlderThan(Duration age) {
    return jdbc.sql(
            "update orders set status = 'CLOSED' where status = 'OPEN'"
                + " and created_at < now() - make_interval(secs => :seconds)")
        .param("seconds", age.toMillis() / 1000.0)
        .update();
  }
}
