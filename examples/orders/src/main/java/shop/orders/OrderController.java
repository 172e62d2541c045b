/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.net.URI;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

@RestController
@RequestMapping("/orders")
class OrderController {

  /** One line for each stored order, and none for one that was refused. */
  private static final Logger AUDIT = LoggerFactory.getLogger("orders.audit");

  private final OrderStore orders;

  OrderController(OrderStore orders) {
    this.orders = orders;
  }

  @PostMapping
  ResponseEntity<Order> create(@Valid @RequestBody NewOrder wanted) {
    Order order = orders.create(wanted);
    AUDIT.info("order created id={} reference={}", order.id(), order.reference());
    return ResponseEntity.created(URI.create("/orders/" + order.id())).body(order);
  }

  @GetMapping("/{id}")
  Order one(@PathVariable long id) {
    return orders
        .find(id)
        .orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND, "No order " + id));
  }

  @GetMapping
  List<Order> newest(@RequestParam(defaultValue = "20") @Min(1) @Max(500) int limit) {
    return orders.newest(limit);
  }

  @GetMapping("/count")
  Count count() {
    return new Count(orders.count());
  }

  record Count(long count) {}
}
