/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.clinic;

import jakarta.validation.Valid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.ui.Model;
import org.springframework.validation.BindingResult;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.server.ResponseStatusException;

@Controller
class RepairPages {

  private static final Logger LOG = LoggerFactory.getLogger(RepairPages.class);

  private final BikeRepository bikes;
  private final MechanicRepository mechanics;

  RepairPages(BikeRepository bikes, MechanicRepository mechanics) {
    this.bikes = bikes;
    this.mechanics = mechanics;
  }

  @GetMapping("/bikes/{id}/repairs/new")
  String form(@PathVariable long id, Model model) {
    model.addAttribute("repair", new RepairForm());
    return form(bike(id), model);
  }

  @PostMapping("/bikes/{id}/repairs/new")
  @Transactional
  public String save(
      @PathVariable long id,
      @Valid @ModelAttribute("repair") RepairForm repair,
      BindingResult result,
      Model model) {
    Bike bike = bike(id);
    if (result.hasErrors()) {
      return form(bike, model);
    }
    Mechanic mechanic = mechanics.getReferenceById(repair.getMechanic());
    bike.add(new Repair(bike, mechanic, repair.getDay(), repair.getWork()));
    LOG.info("repair of bike={} by mechanic={}", id, repair.getMechanic());
    return "redirect:/riders/" + bike.getRider().getId();
  }

  private String form(Bike bike, Model model) {
    model.addAttribute("bike", bike);
    model.addAttribute("mechanics", mechanics.findAllByOrderByName());
    return "repair";
  }

  private Bike bike(long id) {
    return bikes.findById(id).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
  }
}
