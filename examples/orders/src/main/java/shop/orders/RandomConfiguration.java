/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class RandomConfiguration {

  /** Session tokens come from a generator as in NIST SP 800-90A. */
  @Bean
  SecureRandom tokenRandom() throws NoSuchAlgorithmException {
    return SecureRandom.getInstance("DRBG");
  }
}
