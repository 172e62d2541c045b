/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import java.security.SecureRandom;
import java.util.HexFormat;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
class SessionController {

  private final SecureRandom random;

  SessionController(SecureRandom random) {
    this.random = random;
  }

  @PostMapping("/sessions")
  @ResponseStatus(HttpStatus.CREATED)
  Session open() {
    byte[] token = new byte[32];
    random.nextBytes(token);
    return new Session(HexFormat.of().formatHex(token));
  }

  record Session(String token) {}
}
