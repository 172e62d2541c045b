/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import java.time.Instant;

/** An order as it is stored and as it is shown. */
record Order(
    long id,
    String customer,
    String item,
    int quantity,
    String reference,
    String status,
    Instant createdAt) {}
