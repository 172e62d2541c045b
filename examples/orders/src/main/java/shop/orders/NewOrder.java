/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;

/**
 * An order as a client asks for it.
 *
 * @param reference the client's own name for the order. No two orders have the same one, so that a
 *     client may ask again when it got no answer. It appears in the log, hence the strict alphabet.
 */
record NewOrder(
    @NotBlank @Size(max = 100) String customer,
    @NotBlank @Size(max = 100) String item,
    @Min(1) @Max(1000) int quantity,
    @NotNull @Pattern(regexp = "[A-Za-z0-9._:-]{1,100}") String reference) {}
