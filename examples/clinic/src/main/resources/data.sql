insert into bike_kinds (id, name) values
  (1, 'city bike'), (2, 'racing bike'), (3, 'folding bike'), (4, 'cargo bike'), (5, 'tandem')
on conflict do nothing;

insert into mechanics (id, name) values
  (1, 'Ilse Brandt'), (2, 'Mateo Rossi'), (3, 'Noor Haddad'), (4, 'Pavel Novotny')
on conflict do nothing;

insert into mechanic_kinds (mechanic_id, kind_id) values
  (1, 1), (1, 5), (2, 2), (3, 3), (3, 4), (4, 1), (4, 2)
on conflict do nothing;

insert into riders (id, name, street, phone) values
  (1, 'Anna Lind', '4 Mill Lane', '0100 1'), (2, 'Bruno Keller', '17 Harbour Street', '0100 2'),
  (3, 'Carla Mendes', '2 Church Square', '0100 3'), (4, 'Dov Adler', '31 Station Road', '0100 4'),
  (5, 'Elin Berg', '8 Orchard Way', '0100 5'), (6, 'Farid Aziz', '55 High Street', '0100 6'),
  (7, 'Greta Holm', '12 Mill Lane', '0100 7'), (8, 'Hugo Petit', '6 Bridge Street', '0100 8'),
  (9, 'Ines Costa', '23 Harbour Street', '0100 9'), (10, 'Jan Visser', '1 Canal Walk', '0100 10'),
  (11, 'Kaja Nilsen', '40 Station Road', '0100 11'), (12, 'Luca Moretti', '9 Orchard Way', '0100 12')
on conflict do nothing;

insert into bikes (id, name, built, rider_id, kind_id) values
  (1, 'Swift', 2019, 1, 2), (2, 'Old Blue', 1987, 1, 1), (3, 'Pocket', 2022, 2, 3), (4, 'Mule', 2020, 3, 4),
  (5, 'Duo', 2011, 4, 5), (6, 'Comet', 2023, 5, 2), (7, 'Lady', 2004, 6, 1), (8, 'Bolt', 2018, 7, 2),
  (9, 'Crate', 2021, 8, 4), (10, 'Flip', 2016, 9, 3), (11, 'Dutch', 1999, 10, 1), (12, 'Needle', 2015, 11, 2),
  (13, 'Rusty', 1978, 12, 1), (14, 'Twins', 2008, 12, 5)
on conflict do nothing;

insert into repairs (id, repaired_on, work, bike_id, mechanic_id) values
  (1, '2024-03-02', 'new chain', 1, 2), (2, '2024-09-14', 'wheel trued', 1, 2), (3, '2023-05-20', 'brake pads', 2, 1),
  (4, '2024-01-11', 'hinge tightened', 3, 3), (5, '2024-06-07', 'box repainted', 4, 3), (6, '2022-08-30', 'timing chain', 5, 1)
on conflict do nothing;

-- The next ones made by the service come after these.
select setval('riders_id_seq', greatest((select max(id) from riders), 1000));
select setval('bikes_id_seq', greatest((select max(id) from bikes), 1000));
select setval('repairs_id_seq', greatest((select max(id) from repairs), 1000));
