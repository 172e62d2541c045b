/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.clinic;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.JoinTable;
import jakarta.persistence.ManyToMany;
import jakarta.persistence.Table;
import java.util.Set;

/** Who repairs, and which kinds of bikes. */
@Entity
@Table(name = "mechanics")
public class Mechanic {

  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  private Long id;

  private String name;

  @ManyToMany
  @JoinTable(
      name = "mechanic_kinds",
      joinColumns = @JoinColumn(name = "mechanic_id"),
      inverseJoinColumns = @JoinColumn(name = "kind_id"))
  private Set<BikeKind> kinds;

  protected Mechanic() {}

  public Long getId() {
    return id;
  }

  public String getName() {
    return name;
  }

  public Set<BikeKind> getKinds() {
    return kinds;
  }
}
