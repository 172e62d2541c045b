/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.clinic;

import org.springframework.data.domain.PageRequest;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.ResponseStatusException;

@Controller
class RiderPages {

  private static final int PAGE = 10;

  private final RiderRepository riders;
  private final MechanicRepository mechanics;

  RiderPages(RiderRepository riders, MechanicRepository mechanics) {
    this.riders = riders;
    this.mechanics = mechanics;
  }

  @GetMapping("/")
  String welcome(Model model) {
    model.addAttribute("mechanics", mechanics.findAllByOrderByName());
    return "welcome";
  }

  @GetMapping("/riders")
  String find(
      @RequestParam(defaultValue = "") String name,
      @RequestParam(defaultValue = "0") int page,
      Model model) {
    model.addAttribute("name", name);
    model.addAttribute(
        "riders",
        riders.findByNameStartingWithIgnoreCaseOrderByName(name, PageRequest.of(page, PAGE)));
    return "riders";
  }

  @GetMapping("/riders/{id}")
  String show(@PathVariable long id, Model model) {
    model.addAttribute(
        "rider",
        riders
            .findWithBikesById(id)
            .orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND)));
    return "rider";
  }
}
