/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OrdersOverHttpTest extends RunningService {

  @Test
  @DisplayName("An order created over HTTP is read back over HTTPS")
  void createdOrderIsReadBack() throws Exception {
    String reference = newReference();

    HttpResponse<String> created = post(http("/orders"), order(reference));
    HttpResponse<String> read = get(https(created.headers().firstValue("Location").orElseThrow()));

    assertThat(created.statusCode()).isEqualTo(201);
    assertThat(read.statusCode()).isEqualTo(200);
    assertThat(OrdersOverHttpTest.<Integer>json(read, "$.id")).isEqualTo(json(created, "$.id"));
    assertThat(OrdersOverHttpTest.<String>json(read, "$.customer")).isEqualTo("Ada");
    assertThat(OrdersOverHttpTest.<String>json(read, "$.item")).isEqualTo("teapot");
    assertThat(OrdersOverHttpTest.<Integer>json(read, "$.quantity")).isEqualTo(2);
    assertThat(OrdersOverHttpTest.<String>json(read, "$.reference")).isEqualTo(reference);
  }

  @Test
  @DisplayName("An order created over HTTPS counts")
  void createdOrderCounts() throws Exception {
    int before = json(get(https("/orders/count")), "$.count");

    assertThat(post(https("/orders"), order(newReference())).statusCode()).isEqualTo(201);

    assertThat(OrdersOverHttpTest.<Integer>json(get(http("/orders/count")), "$.count"))
        .isEqualTo(before + 1);
  }

  @Test
  @DisplayName("The list has the newest orders first and no more than asked for")
  void listHasTheNewestFirst() throws Exception {
    String first = newReference();
    String second = newReference();
    post(http("/orders"), order(newReference()));
    post(http("/orders"), order(first));
    post(http("/orders"), order(second));

    List<String> references = json(get(http("/orders?limit=2")), "$[*].reference");

    assertThat(references).containsExactly(second, first);
  }

  @Test
  @DisplayName("A reference is taken once")
  void referenceIsTakenOnce() throws Exception {
    String reference = newReference();
    post(http("/orders"), order(reference));

    HttpResponse<String> again = post(http("/orders"), order(reference));

    assertProblem(again, 409);
  }

  @ParameterizedTest
  @DisplayName("What is wrong with an order is said by field")
  @CsvSource({
    "customer, '{\"customer\": \" \", \"item\": \"i\", \"quantity\": 1, \"reference\": \"r\"}'",
    "item, '{\"customer\": \"c\", \"quantity\": 1, \"reference\": \"r\"}'",
    "quantity, '{\"customer\": \"c\", \"item\": \"i\", \"quantity\": 0, \"reference\": \"r\"}'",
    "reference, '{\"customer\": \"c\", \"item\": \"i\", \"quantity\": 1, \"reference\": \"a b\"}'",
  })
  void wrongFieldIsNamed(String field, String order) throws Exception {
    HttpResponse<String> refused = post(http("/orders"), order);

    assertProblem(refused, 400);
    assertThat(OrdersOverHttpTest.<String>json(refused, "$.errors." + field)).isNotBlank();
  }

  @Test
  @DisplayName("A body that is no JSON is a bad request")
  void brokenBodyIsRefused() throws Exception {
    assertProblem(post(http("/orders"), "{"), 400);
  }

  @ParameterizedTest
  @DisplayName("What is not there is not found")
  @ValueSource(strings = {"/orders/999999999", "/nothing"})
  void unknownIsNotFound(String path) throws Exception {
    assertProblem(get(http(path)), 404);
  }

  @Test
  @DisplayName("A list of a million orders is refused")
  void limitHasALimit() throws Exception {
    assertProblem(get(http("/orders?limit=1000000")), 400);
  }

  @Test
  @DisplayName("An order that has been open for long enough is closed by the job")
  void oldOrderIsClosed() throws Exception {
    HttpResponse<String> created = post(http("/orders"), order(newReference()));
    String url = http(created.headers().firstValue("Location").orElseThrow());

    assertThat(OrdersOverHttpTest.<String>json(created, "$.status")).isEqualTo("OPEN");
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(OrdersOverHttpTest.<String>json(get(url), "$.status"))
                    .isEqualTo("CLOSED"));
  }

  @Test
  @DisplayName("The job runs again and again")
  void jobRuns() throws Exception {
    int runs = json(get(http("/jobs")), "$.runs");

    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(OrdersOverHttpTest.<Integer>json(get(http("/jobs")), "$.runs"))
                    .isGreaterThan(runs + 1));
    assertThat(OrdersOverHttpTest.<String>json(get(http("/jobs")), "$.lastRun")).isNotBlank();
  }

  @Test
  @DisplayName("Each session has a token of its own, of 32 bytes")
  void tokensDiffer() throws Exception {
    HttpResponse<String> first = post(https("/sessions"), "");
    HttpResponse<String> second = post(https("/sessions"), "");

    assertThat(first.statusCode()).isEqualTo(201);
    assertThat(OrdersOverHttpTest.<String>json(first, "$.token")).matches("[0-9a-f]{64}");
    assertThat(OrdersOverHttpTest.<String>json(first, "$.token"))
        .isNotEqualTo(json(second, "$.token"));
  }

  @Test
  @DisplayName("The service says which process it is")
  void processIsNamed() throws Exception {
    assertThat(OrdersOverHttpTest.<Integer>json(get(http("/whoami")), "$.pid").longValue())
        .isEqualTo(ProcessHandle.current().pid());
  }

  @Test
  @DisplayName("The service is healthy")
  void healthIsUp() throws Exception {
    assertThat(OrdersOverHttpTest.<String>json(get(http("/actuator/health")), "$.status"))
        .isEqualTo("UP");
  }

  @Test
  @DisplayName("A created order is one line in the log file, with the client's reference")
  void createdOrderIsLoggedOnce() throws Exception {
    String reference = newReference();

    int id = json(post(http("/orders"), order(reference)), "$.id");
    post(http("/orders"), order(reference));

    assertThat(logLines(reference))
        .singleElement()
        .asString()
        .contains("orders.audit")
        .endsWith("order created id=" + id + " reference=" + reference);
  }

  @Test
  @DisplayName("A request is one line in the log file, with the id that the client gave it")
  void requestIsLoggedOnce() throws Exception {
    String id = newReference();

    HttpResponse<String> response =
        client.send(
            request(http("/orders/999999999")).header("X-Request-Id", id).build(),
            BodyHandlers.ofString());

    assertThat(response.headers().firstValue("X-Request-Id")).contains(id);
    // The answer may arrive before the line: the line gives the time that the request took.
    await().atMost(Duration.ofSeconds(20)).until(() -> !logLines(id).isEmpty());
    assertThat(logLines(id))
        .singleElement()
        .asString()
        .contains("orders.requests", "method=GET path=/orders/999999999 status=404");
  }

  @Test
  @DisplayName("A request id that would forge a log line is replaced")
  void forgedRequestIdIsReplaced() throws Exception {
    HttpResponse<String> response =
        client.send(
            request(http("/whoami")).header("X-Request-Id", "a status=200").build(),
            BodyHandlers.ofString());

    assertThat(response.headers().firstValue("X-Request-Id").orElseThrow())
        .matches("[0-9a-f-]{36}");
  }

  private static void assertProblem(HttpResponse<String> response, int status) {
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(OrdersOverHttpTest.<Integer>json(response, "$.status")).isEqualTo(status);
  }
}
