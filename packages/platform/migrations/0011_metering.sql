-- Prices have versions; a version is complete and never changes.
create table price_version (
  id uuid primary key,
  valid_from timestamptz not null unique check (date_trunc('second', valid_from) = valid_from)
);
create table price (
  version_id uuid not null references price_version,
  sku text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  unit text not null,
  unit_hour_micros int8 not null check (unit_hour_micros >= 0), -- micro-units of the currency per unit and hour
  primary key (version_id, sku, currency)
);
create trigger price_version_stays before update or delete on price_version for each row execute function refuse_change();
create trigger price_version_kept before truncate on price_version execute function refuse_change();
create trigger price_stays before update or delete on price for each row execute function refuse_change();
create trigger price_kept before truncate on price execute function refuse_change();

-- A meter: `quantity` units of a SKU that one resource used from a second to a second, at one price.
create table meter (
  id uuid primary key,
  account_id uuid not null,
  project_id uuid not null,
  resource_type text not null,
  resource_id uuid not null,
  resource_name text not null,
  sku text not null,
  unit text not null,
  quantity int8 not null check (quantity > 0),
  currency text not null,
  price_version_id uuid not null references price_version,
  unit_hour_micros int8 not null check (unit_hour_micros >= 0),
  opened_at timestamptz not null check (date_trunc('second', opened_at) = opened_at),
  closed_at timestamptz check (date_trunc('second', closed_at) = closed_at and closed_at >= opened_at)
);
create unique index meter_open on meter (resource_id, sku) where closed_at is null;
create index meter_account on meter (account_id, opened_at);
create index meter_project on meter (project_id) where closed_at is null;
create index meter_closed on meter (closed_at) where closed_at is not null;

-- A meter is closed once; besides that only the name of its resource follows a renaming.
create function refuse_rewritten_meter() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.closed_at is not null and new.closed_at is distinct from old.closed_at
    or (new.id, new.account_id, new.project_id, new.resource_type, new.resource_id, new.sku, new.unit, new.quantity, new.currency, new.price_version_id, new.unit_hour_micros, new.opened_at)
      is distinct from
      (old.id, old.account_id, old.project_id, old.resource_type, old.resource_id, old.sku, old.unit, old.quantity, old.currency, old.price_version_id, old.unit_hour_micros, old.opened_at)
  then
    raise exception 'a meter is only ever closed' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger meter_stays before update or delete on meter for each row execute function refuse_rewritten_meter();
create trigger meter_kept before truncate on meter execute function refuse_change();

-- What `hour_micros` an hour costs over `seconds`, rounded down: the same rule as `usageMicros` in the code, in SQL.
create function usage_micros(hour_micros int8, seconds int8) returns numeric immutable parallel safe language sql
  return div(hour_micros::numeric * seconds, 3600);
