create table account (id integer primary key, balance bigint not null, version bigint not null);
create table booking (id bigserial primary key, account integer not null references account, amount bigint not null);
insert into account select n, 0, 0 from generate_series(1, 4) n;
