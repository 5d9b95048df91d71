-- The database as the migrations leave it, printed by `npm run docs`. It is for reading: what changes the database is a new file in
-- packages/platform/migrations. Comments stand there, beside what they explain. The queue (pg-boss) keeps its tables in a schema of its own.

CREATE OR REPLACE FUNCTION public.check_entry()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.check_entry_balances(entry uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare total numeric; lines int; currencies int;
begin
  select coalesce(sum(p.amount_micros), 0), count(*), count(distinct a.currency) into total, lines, currencies
    from ledger_posting p join ledger_account a on a.id = p.ledger_account_id where p.entry_id = entry;
  if total <> 0 or lines < 2 or currencies <> 1 then
    raise exception 'entry % does not balance: % postings in % currencies sum to %', entry, lines, currencies, total using errcode = 'check_violation';
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.check_posting()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform check_entry_balances(new.entry_id);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only: a correction is a new row', tg_table_name using errcode = 'restrict_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_rewritten_meter()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'DELETE' or old.closed_at is not null and new.closed_at is distinct from old.closed_at
    or (new.id, new.account_id, new.project_id, new.resource_type, new.resource_id, new.sku, new.unit, new.quantity, new.currency, new.price_version_id, new.unit_hour_micros, new.opened_at)
      is distinct from
      (old.id, old.account_id, old.project_id, old.resource_type, old.resource_id, old.sku, old.unit, old.quantity, old.currency, old.price_version_id, old.unit_hour_micros, old.opened_at)
  then
    raise exception 'a meter is only ever closed' using errcode = 'restrict_violation';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.usage_micros(hour_micros bigint, seconds bigint)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN div(((hour_micros)::numeric * (seconds)::numeric), (3600)::numeric);

create table account (
  id uuid not null,
  email text not null,
  name text not null,
  language text not null,
  role text not null,
  password_hash text not null,
  currency text not null,
  created_at timestamp with time zone not null,
  constraint account_pkey PRIMARY KEY (id),
  constraint account_role_check CHECK ((role = ANY (ARRAY['customer'::text, 'operator'::text])))
);
CREATE UNIQUE INDEX account_email ON account USING btree (lower(email));

create table accrual (
  id uuid not null,
  account_id uuid not null,
  hour_micros bigint not null,
  since timestamp with time zone not null,
  charged_until timestamp with time zone not null,
  charged_micros bigint not null default 0,
  due_at timestamp with time zone not null,
  constraint accrual_pkey PRIMARY KEY (id),
  constraint accrual_due_at_check CHECK ((((EXTRACT(epoch FROM due_at))::bigint % (3600)::bigint) = 0)),
  constraint accrual_hour_micros_check CHECK ((hour_micros >= 0)),
  constraint accrual_since_check CHECK ((date_trunc('second'::text, since) = since))
) with (fillfactor=50);
CREATE INDEX accrual_account ON accrual USING btree (account_id);

create table address (
  id uuid not null,
  project_id uuid not null,
  account_id uuid not null,
  server_id uuid,
  status text not null,
  ip text,
  version integer not null,
  bandwidth_max_mbps integer not null,
  neutron_id text,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  constraint address_pkey PRIMARY KEY (id)
);
CREATE INDEX address_project ON address USING btree (project_id) WHERE (deleted_at IS NULL);
CREATE INDEX address_server ON address USING btree (server_id) WHERE (deleted_at IS NULL);

create table attempt (
  key text not null,
  count integer not null,
  last_at timestamp with time zone not null,
  constraint attempt_pkey PRIMARY KEY (key)
);
CREATE INDEX attempt_last ON attempt USING btree (last_at);

create table audit (
  id bigint not null generated always as identity,
  at timestamp with time zone not null,
  action text not null,
  account_id uuid,
  project_id uuid,
  subject_id text,
  status integer not null,
  ip text not null,
  user_agent text not null,
  request_id text not null,
  constraint audit_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_account ON audit USING btree (account_id, at DESC);

create table charge (
  entry_id uuid not null,
  meter_id uuid not null,
  from_at timestamp with time zone not null,
  until_at timestamp with time zone not null,
  amount_micros bigint not null,
  constraint charge_pkey PRIMARY KEY (entry_id, meter_id),
  constraint charge_amount_micros_check CHECK ((amount_micros <> 0))
);
CREATE TRIGGER charge_kept BEFORE TRUNCATE ON charge FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER charge_stays BEFORE DELETE OR UPDATE ON charge FOR EACH ROW EXECUTE FUNCTION refuse_change();

create table credential (
  id uuid not null,
  account_id uuid not null,
  kind text not null,
  name text not null,
  hash bytea not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  constraint credential_pkey PRIMARY KEY (id),
  constraint credential_hash_key UNIQUE (hash),
  constraint credential_kind_check CHECK ((kind = ANY (ARRAY['session'::text, 'token'::text])))
);
CREATE INDEX credential_account ON credential USING btree (account_id, kind);

create table hold (
  id uuid not null,
  account_id uuid not null,
  amount_micros bigint not null,
  subject_type text not null,
  subject_id text not null,
  state text not null default 'active'::text,
  placed_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint hold_pkey PRIMARY KEY (id),
  constraint hold_amount_micros_check CHECK ((amount_micros >= 0)),
  constraint hold_check CHECK (((state = 'active'::text) = (ended_at IS NULL))),
  constraint hold_state_check CHECK ((state = ANY (ARRAY['active'::text, 'captured'::text, 'released'::text, 'expired'::text])))
);
CREATE INDEX hold_active ON hold USING btree (account_id) WHERE (state = 'active'::text);
CREATE INDEX hold_expiry ON hold USING btree (expires_at) WHERE (state = 'active'::text);
CREATE UNIQUE INDEX hold_subject ON hold USING btree (subject_type, subject_id) WHERE (state = 'active'::text);

create table idempotency (
  account_id uuid not null,
  key text not null,
  fingerprint bytea not null,
  status integer not null,
  answer bytea not null,
  created_at timestamp with time zone not null,
  constraint idempotency_pkey PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_created ON idempotency USING btree (created_at);

create table image (
  id uuid not null,
  name text not null,
  distribution text not null,
  os_family text not null,
  version text not null,
  min_disk_gib integer not null,
  min_ram_gib integer not null,
  available boolean not null,
  seen_at timestamp with time zone not null,
  constraint image_pkey PRIMARY KEY (id)
);

create table incident (
  id uuid not null,
  kind text not null,
  task_id uuid,
  summary text not null,
  opened_at timestamp with time zone not null,
  closed_at timestamp with time zone,
  constraint incident_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX incident_open ON incident USING btree (kind, task_id) WHERE (closed_at IS NULL);

create table keypair (
  id uuid not null,
  project_id uuid not null,
  name text not null,
  public_key text not null,
  fingerprint text not null,
  created_at timestamp with time zone not null,
  constraint keypair_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX keypair_name ON keypair USING btree (project_id, name);

create table ledger_account (
  id uuid not null,
  owner_id uuid,
  purpose text not null,
  currency text not null,
  normal_side text not null,
  posted_micros bigint,
  usage_until timestamp with time zone,
  opened_at timestamp with time zone not null default now(),
  constraint ledger_account_pkey PRIMARY KEY (id),
  constraint ledger_account_owner_id_purpose_currency_key UNIQUE NULLS NOT DISTINCT (owner_id, purpose, currency),
  constraint ledger_account_check CHECK (((owner_id IS NULL) = (posted_micros IS NULL))),
  constraint ledger_account_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint ledger_account_normal_side_check CHECK ((normal_side = ANY (ARRAY['credit'::text, 'debit'::text])))
) with (fillfactor=70);
CREATE UNIQUE INDEX ledger_account_owner ON ledger_account USING btree (owner_id) WHERE (owner_id IS NOT NULL);
CREATE TRIGGER ledger_account_kept BEFORE TRUNCATE ON ledger_account FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_account_stays BEFORE DELETE ON ledger_account FOR EACH ROW EXECUTE FUNCTION refuse_change();

create table ledger_entry (
  id uuid not null,
  account_id uuid not null,
  code text not null,
  subject_type text,
  subject_id text,
  corrects uuid,
  description text not null,
  occurred_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null,
  idempotency_key text,
  constraint ledger_entry_pkey PRIMARY KEY (id),
  constraint ledger_entry_account_id_idempotency_key_key UNIQUE (account_id, idempotency_key),
  constraint ledger_entry_code_check CHECK ((code = ANY (ARRAY['top_up'::text, 'bonus'::text, 'promise'::text, 'promise_end'::text, 'refund'::text, 'correction'::text, 'write_off'::text, 'usage'::text, 'usage_correction'::text])))
);
CREATE INDEX ledger_entry_account ON ledger_entry USING btree (account_id, occurred_at);
CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_entry();
CREATE TRIGGER ledger_entry_kept BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_stays BEFORE DELETE OR UPDATE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();

create table ledger_posting (
  "position" bigint not null generated always as identity,
  entry_id uuid not null,
  ledger_account_id uuid not null,
  amount_micros bigint not null,
  balance_after_micros bigint,
  constraint ledger_posting_pkey PRIMARY KEY ("position"),
  constraint ledger_posting_amount_micros_check CHECK ((amount_micros <> 0))
);
CREATE INDEX ledger_posting_account ON ledger_posting USING btree (ledger_account_id, "position");
CREATE INDEX ledger_posting_entry ON ledger_posting USING btree (entry_id);
CREATE CONSTRAINT TRIGGER ledger_posting_balances AFTER INSERT ON ledger_posting DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_posting();
CREATE TRIGGER ledger_posting_kept BEFORE TRUNCATE ON ledger_posting FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_posting_stays BEFORE DELETE OR UPDATE ON ledger_posting FOR EACH ROW EXECUTE FUNCTION refuse_change();

create table meter (
  id uuid not null,
  account_id uuid not null,
  project_id uuid not null,
  resource_type text not null,
  resource_id uuid not null,
  resource_name text not null,
  sku text not null,
  unit text not null,
  quantity bigint not null,
  currency text not null,
  price_version_id uuid not null,
  unit_hour_micros bigint not null,
  opened_at timestamp with time zone not null,
  closed_at timestamp with time zone,
  constraint meter_pkey PRIMARY KEY (id),
  constraint meter_check CHECK (((date_trunc('second'::text, closed_at) = closed_at) AND (closed_at >= opened_at))),
  constraint meter_opened_at_check CHECK ((date_trunc('second'::text, opened_at) = opened_at)),
  constraint meter_quantity_check CHECK ((quantity > 0)),
  constraint meter_unit_hour_micros_check CHECK ((unit_hour_micros >= 0))
);
CREATE INDEX meter_account ON meter USING btree (account_id, opened_at);
CREATE INDEX meter_closed ON meter USING btree (closed_at) WHERE (closed_at IS NOT NULL);
CREATE UNIQUE INDEX meter_open ON meter USING btree (resource_id, sku) WHERE (closed_at IS NULL);
CREATE INDEX meter_project ON meter USING btree (project_id) WHERE (closed_at IS NULL);
CREATE TRIGGER meter_kept BEFORE TRUNCATE ON meter FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER meter_stays BEFORE DELETE OR UPDATE ON meter FOR EACH ROW EXECUTE FUNCTION refuse_rewritten_meter();

create table migration (
  name text not null,
  applied_at timestamp with time zone not null default now(),
  constraint migration_pkey PRIMARY KEY (name)
);

create table observed (
  what text not null,
  up_to timestamp with time zone not null,
  constraint observed_pkey PRIMARY KEY (what)
);

create table price (
  version_id uuid not null,
  sku text not null,
  currency text not null,
  unit text not null,
  unit_hour_micros bigint not null,
  constraint price_pkey PRIMARY KEY (version_id, sku, currency),
  constraint price_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint price_unit_hour_micros_check CHECK ((unit_hour_micros >= 0))
);
CREATE TRIGGER price_kept BEFORE TRUNCATE ON price FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER price_stays BEFORE DELETE OR UPDATE ON price FOR EACH ROW EXECUTE FUNCTION refuse_change();

create table price_version (
  id uuid not null,
  valid_from timestamp with time zone not null,
  constraint price_version_pkey PRIMARY KEY (id),
  constraint price_version_valid_from_key UNIQUE (valid_from),
  constraint price_version_valid_from_check CHECK ((date_trunc('second'::text, valid_from) = valid_from))
);
CREATE TRIGGER price_version_kept BEFORE TRUNCATE ON price_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER price_version_stays BEFORE DELETE OR UPDATE ON price_version FOR EACH ROW EXECUTE FUNCTION refuse_change();

create table project (
  id uuid not null,
  account_id uuid not null,
  name text not null,
  description text not null,
  status text not null,
  reason text,
  created_at timestamp with time zone not null,
  cloud_project_id text,
  network_id text,
  subnet_id text,
  router_id text,
  security_group_id text,
  constraint project_pkey PRIMARY KEY (id),
  constraint project_status_check CHECK ((status = ANY (ARRAY['preparing'::text, 'ready'::text, 'failed'::text])))
);
CREATE INDEX project_account ON project USING btree (account_id, created_at);

create table promised_payment (
  id uuid not null,
  account_id uuid not null,
  amount_micros bigint not null,
  open_micros bigint not null,
  promised_at timestamp with time zone not null,
  due_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint promised_payment_pkey PRIMARY KEY (id),
  constraint promised_payment_amount_micros_check CHECK ((amount_micros > 0)),
  constraint promised_payment_check CHECK (((open_micros >= 0) AND (open_micros <= amount_micros))),
  constraint promised_payment_check1 CHECK (((open_micros = 0) = (ended_at IS NOT NULL)))
);
CREATE UNIQUE INDEX promised_payment_open ON promised_payment USING btree (account_id) WHERE (ended_at IS NULL);

create table resource (
  id uuid not null,
  kind text not null,
  project_id uuid not null,
  account_id uuid not null,
  constraint resource_pkey PRIMARY KEY (id)
);

create table server (
  id uuid not null,
  project_id uuid not null,
  account_id uuid not null,
  name text not null,
  status text not null,
  switch_status text not null,
  vcpus integer not null,
  ram_gib integer not null,
  image_id uuid,
  keypair_ids uuid[] not null,
  user_data bytea,
  hold_id uuid,
  nova_id text,
  port_id text,
  private_ip text,
  recheck boolean not null default false,
  reason text,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  constraint server_pkey PRIMARY KEY (id),
  constraint server_switch_status_check CHECK ((switch_status = ANY (ARRAY['ON'::text, 'OFF'::text])))
);
CREATE UNIQUE INDEX server_nova ON server USING btree (nova_id);
CREATE INDEX server_project ON server USING btree (project_id) WHERE (deleted_at IS NULL);

create table task (
  id uuid not null,
  workflow text not null,
  subject_type text not null,
  subject_id uuid not null,
  subject_name text not null,
  account_id uuid not null,
  project_id uuid,
  input jsonb not null,
  state text not null,
  step text not null,
  "position" integer not null default 0,
  step_number integer not null,
  step_count integer not null,
  attempts integer not null default 0,
  step_started_at timestamp with time zone,
  failing boolean not null default false,
  cancelled boolean not null default false,
  job_id uuid not null,
  worker integer,
  due_at timestamp with time zone,
  deadline_at timestamp with time zone not null,
  reason text,
  error text,
  created_at timestamp with time zone not null,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  constraint task_pkey PRIMARY KEY (id),
  constraint task_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'waiting'::text, 'done'::text, 'failed'::text])))
);
CREATE INDEX task_deadline ON task USING btree (deadline_at) WHERE (finished_at IS NULL);
CREATE INDEX task_due ON task USING btree (due_at) WHERE (state = 'waiting'::text);
CREATE INDEX task_open_subject ON task USING btree (subject_id) WHERE (finished_at IS NULL);
CREATE INDEX task_project ON task USING btree (project_id, created_at DESC);
CREATE INDEX task_running ON task USING btree (worker) WHERE (state = 'running'::text);

create table task_step (
  task_id uuid not null,
  "position" integer not null,
  step text not null,
  outcome text not null,
  attempts integer not null,
  error text,
  started_at timestamp with time zone not null,
  finished_at timestamp with time zone not null,
  constraint task_step_pkey PRIMARY KEY (task_id, "position"),
  constraint task_step_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'waiting'::text, 'failed'::text, 'skipped'::text])))
);

create table volume (
  id uuid not null,
  project_id uuid not null,
  account_id uuid not null,
  server_id uuid,
  name text not null,
  size_gib integer not null,
  storage_type text not null,
  bootable boolean not null,
  undetachable boolean not null,
  "position" integer not null,
  image_id uuid,
  status text not null,
  device text,
  cinder_id text,
  reason text,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  constraint volume_pkey PRIMARY KEY (id)
);
CREATE INDEX volume_project ON volume USING btree (project_id) WHERE (deleted_at IS NULL);
CREATE INDEX volume_server ON volume USING btree (server_id) WHERE (deleted_at IS NULL);

alter table credential add constraint credential_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table incident add constraint incident_task_id_fkey FOREIGN KEY (task_id) REFERENCES task(id) ON DELETE CASCADE;
alter table ledger_entry add constraint ledger_entry_corrects_fkey FOREIGN KEY (corrects) REFERENCES ledger_entry(id);
alter table ledger_posting add constraint ledger_posting_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES ledger_entry(id);
alter table meter add constraint meter_price_version_id_fkey FOREIGN KEY (price_version_id) REFERENCES price_version(id);
alter table price add constraint price_version_id_fkey FOREIGN KEY (version_id) REFERENCES price_version(id);
alter table task_step add constraint task_step_task_id_fkey FOREIGN KEY (task_id) REFERENCES task(id) ON DELETE CASCADE;
