/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.clinic;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.Table;
import java.time.LocalDate;

/** What was done to a bike on a day, and by whom. */
@Entity
@Table(name = "repairs")
public class Repair {

  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  private Long id;

  @Column(name = "repaired_on")
  private LocalDate day;

  private String work;

  @ManyToOne(fetch = FetchType.LAZY)
  private Bike bike;

  @ManyToOne private Mechanic mechanic;

  protected Repair() {}

  Repair(Bike bike, Mechanic mechanic, LocalDate day, String work) {
    this.bike = bike;
    this.mechanic = mechanic;
    this.day = day;
    this.work = work;
  }

  public LocalDate getDay() {
    return day;
  }

  public String getWork() {
    return work;
  }

  public Bike getBike() {
    return bike;
  }

  public Mechanic getMechanic() {
    return mechanic;
  }
}
