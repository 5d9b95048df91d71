-- The ledger: double entry in micro-units (1e-6 of the currency). A credit is positive, a debit negative, so a customer's
-- balance is the plain sum of the postings on it. What is written stays: a mistake is mended by a new entry.

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: a correction is a new row', tg_table_name using errcode = 'restrict_violation';
end $$;

create table ledger_account (
  id uuid primary key,
  owner_id uuid, -- the customer's account; null: the provider's own
  purpose text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  normal_side text not null check (normal_side in ('credit', 'debit')),
  -- The fold of the postings, kept for customers only: a sum kept for the provider would make every entry wait for one row.
  posted_micros int8,
  usage_until timestamptz, -- the last full hour whose usage was posted
  opened_at timestamptz not null default now(),
  unique nulls not distinct (owner_id, purpose, currency),
  check ((owner_id is null) = (posted_micros is null))
) with (fillfactor = 70);
create unique index ledger_account_owner on ledger_account (owner_id) where owner_id is not null;
create trigger ledger_account_stays before delete on ledger_account for each row execute function refuse_change();
create trigger ledger_account_kept before truncate on ledger_account execute function refuse_change();

create table ledger_entry (
  id uuid primary key,
  account_id uuid not null, -- whose business it is
  code text not null check (code in ('top_up', 'bonus', 'promise', 'promise_end', 'refund', 'correction', 'write_off', 'usage', 'usage_correction')),
  subject_type text,
  subject_id text,
  corrects uuid references ledger_entry,
  description text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  idempotency_key text,
  unique (account_id, idempotency_key)
);
create index ledger_entry_account on ledger_entry (account_id, occurred_at);

-- No foreign key to the account: its check would lock the provider's few rows for every entry. Accounts are never deleted,
-- and the check of the balance below reads them.
create table ledger_posting (
  position int8 generated always as identity primary key, -- of one customer: in the order in which they took force
  entry_id uuid not null references ledger_entry,
  ledger_account_id uuid not null,
  amount_micros int8 not null check (amount_micros <> 0),
  balance_after_micros int8 -- of a customer's account
);
create index ledger_posting_entry on ledger_posting (entry_id);
create index ledger_posting_account on ledger_posting (ledger_account_id, position);

-- The lines of a usage entry: what one meter used from one second to another.
create table charge (
  entry_id uuid not null,
  meter_id uuid not null,
  from_at timestamptz not null,
  until_at timestamptz not null,
  amount_micros int8 not null check (amount_micros <> 0),
  primary key (entry_id, meter_id)
);

create trigger ledger_entry_stays before update or delete on ledger_entry for each row execute function refuse_change();
create trigger ledger_entry_kept before truncate on ledger_entry execute function refuse_change();
create trigger ledger_posting_stays before update or delete on ledger_posting for each row execute function refuse_change();
create trigger ledger_posting_kept before truncate on ledger_posting execute function refuse_change();
create trigger charge_stays before update or delete on charge for each row execute function refuse_change();
create trigger charge_kept before truncate on charge execute function refuse_change();

-- Checked when the transaction commits, once all lines of the entry are there.
create function check_entry_balances(entry uuid) returns void language plpgsql as $$
declare total numeric; lines int; currencies int;
begin
  select coalesce(sum(p.amount_micros), 0), count(*), count(distinct a.currency) into total, lines, currencies
    from ledger_posting p join ledger_account a on a.id = p.ledger_account_id where p.entry_id = entry;
  if total <> 0 or lines < 2 or currencies <> 1 then
    raise exception 'entry % does not balance: % postings in % currencies sum to %', entry, lines, currencies, total using errcode = 'check_violation';
  end if;
end $$;

create function check_entry() returns trigger language plpgsql as $$
declare used numeric; charged numeric;
begin
  perform check_entry_balances(new.id);
  if new.code in ('usage', 'usage_correction') then
    select coalesce(sum(amount_micros), 0) into charged from charge where entry_id = new.id;
    select -sum(p.amount_micros) into used
      from ledger_posting p join ledger_account a on a.id = p.ledger_account_id where p.entry_id = new.id and a.owner_id is not null;
    if charged is distinct from used then
      raise exception 'entry % takes % and its charges sum to %', new.id, used, charged using errcode = 'check_violation';
    end if;
  end if;
  return null;
end $$;

create function check_posting() returns trigger language plpgsql as $$
begin
  perform check_entry_balances(new.entry_id);
  return null;
end $$;

create constraint trigger ledger_entry_balances after insert on ledger_entry deferrable initially deferred
  for each row execute function check_entry();
create constraint trigger ledger_posting_balances after insert on ledger_posting deferrable initially deferred
  for each row execute function check_posting();

-- Money reserved for an order that is being carried out.
create table hold (
  id uuid primary key,
  account_id uuid not null,
  amount_micros int8 not null check (amount_micros >= 0),
  subject_type text not null,
  subject_id text not null,
  state text not null default 'active' check (state in ('active', 'captured', 'released', 'expired')),
  placed_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  check ((state = 'active') = (ended_at is null))
);
create unique index hold_subject on hold (subject_type, subject_id) where state = 'active';
create index hold_active on hold (account_id) where state = 'active';
create index hold_expiry on hold (expires_at) where state = 'active';

-- Credit that the customer promised to pay by a day; one at a time.
create table promised_payment (
  id uuid primary key,
  account_id uuid not null,
  amount_micros int8 not null check (amount_micros > 0),
  open_micros int8 not null check (open_micros between 0 and amount_micros), -- not yet paid or taken back
  promised_at timestamptz not null,
  due_at timestamptz not null,
  ended_at timestamptz,
  check ((open_micros = 0) = (ended_at is not null))
);
create unique index promised_payment_open on promised_payment (account_id) where ended_at is null;

-- What runs now and costs money: one row per open meter, with what of it is posted already. `charged_micros` is always the
-- charge from `since` to `charged_until`, so what is posted telescopes to the charge of the whole time.
create table accrual (
  id uuid primary key, -- of the meter
  account_id uuid not null,
  hour_micros int8 not null check (hour_micros >= 0),
  since timestamptz not null check (date_trunc('second', since) = since),
  charged_until timestamptz not null,
  charged_micros int8 not null default 0,
  -- The full hour at which it is posted next; not indexed, so that an hourly update stays in its page.
  due_at timestamptz not null check (extract(epoch from due_at)::int8 % 3600 = 0)
) with (fillfactor = 50);
create index accrual_account on accrual (account_id);
