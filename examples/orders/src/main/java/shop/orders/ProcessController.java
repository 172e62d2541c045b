/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What this process is and does. */
@RestController
class ProcessController {

  private final OrderClosing closing;

  ProcessController(OrderClosing closing) {
    this.closing = closing;
  }

  @GetMapping("/whoami")
  Process whoami() {
    return new Process(ProcessHandle.current().pid());
  }

  @GetMapping("/jobs")
  OrderClosing.Runs jobs() {
    return closing.runs();
  }

  record Process(long pid) {}
}
