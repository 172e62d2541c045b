/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.clinic;

import jakarta.persistence.CascadeType;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.OneToMany;
import jakarta.persistence.OrderBy;
import jakarta.persistence.Table;
import java.util.List;

/** A bike, with all that was ever done to it. */
@Entity
@Table(name = "bikes")
public class Bike {

  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  private Long id;

  private String name;
  private int built;

  @ManyToOne(fetch = FetchType.LAZY)
  private Rider rider;

  @ManyToOne private BikeKind kind;

  @OneToMany(mappedBy = "bike", cascade = CascadeType.ALL)
  @OrderBy("day desc, id desc")
  private List<Repair> repairs;

  protected Bike() {}

  public Long getId() {
    return id;
  }

  public String getName() {
    return name;
  }

  public int getBuilt() {
    return built;
  }

  public Rider getRider() {
    return rider;
  }

  public BikeKind getKind() {
    return kind;
  }

  public List<Repair> getRepairs() {
    return repairs;
  }

  void add(Repair repair) {
    repairs.add(repair);
  }
}
