/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * One line for each request, with its unique id, which the answer carries too.
 *
 * <p>A client that sends {@code X-Request-Id} names the request itself.
 */
@Component
class RequestLog extends OncePerRequestFilter {

  private static final Logger LOG = LoggerFactory.getLogger("orders.requests");
  private static final String HEADER = "X-Request-Id";

  /** Nothing that would break a log line or forge one. */
  private static final Pattern SAFE = Pattern.compile("[A-Za-z0-9._:-]{1,100}");

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    String id = idOf(request);
    response.setHeader(HEADER, id);
    long start = System.nanoTime();
    int status = HttpServletResponse.SC_INTERNAL_SERVER_ERROR;
    try {
      chain.doFilter(request, response);
      status = response.getStatus();
    } finally {
      LOG.info(
          "request id={} method={} path={} status={} micros={}",
          id,
          request.getMethod(),
          request.getRequestURI(),
          status,
          (System.nanoTime() - start) / 1000);
    }
  }

  private static String idOf(HttpServletRequest request) {
    String given = request.getHeader(HEADER);
    return given != null && SAFE.matcher(given).matches() ? given : UUID.randomUUID().toString();
  }
}
