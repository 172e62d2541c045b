create table if not exists orders (
  id         bigint generated always as identity primary key,
  customer   text not null,
  item       text not null,
  quantity   integer not null check (quantity > 0),
  reference  text not null unique,
  status     text not null default 'OPEN' check (status in ('OPEN', 'CLOSED')),
  created_at timestamptz not null default now()
);

create index if not exists orders_open on orders (created_at) where status = 'OPEN';
