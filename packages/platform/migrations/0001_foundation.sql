-- What the foundation owns: tasks, the record of writes, and who owns what.

create table task (
  id uuid primary key,
  workflow text not null,
  subject_type text not null,
  subject_id uuid not null,
  subject_name text not null,
  account_id uuid not null,
  project_id uuid,
  input jsonb not null,
  state text not null check (state in ('queued', 'running', 'waiting', 'done', 'failed')),
  -- The step that runs next or now. `position` counts the moves, so that two runs of one step cannot both commit.
  step text not null,
  position int not null default 0,
  -- Where that is on the path (or the tear-down), from 1, for people.
  step_number int not null,
  step_count int not null,
  attempts int not null default 0,
  step_started_at timestamptz,
  -- Set once the task has turned to its tear-down.
  failing boolean not null default false,
  cancelled boolean not null default false,
  -- The queue's job that may carry this task; any other job for it is stale.
  job_id uuid not null,
  worker int,
  due_at timestamptz,
  deadline_at timestamptz not null,
  reason text,
  error text,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz
);
create index task_due on task (due_at) where state = 'waiting';
create index task_deadline on task (deadline_at) where finished_at is null;
create index task_open_subject on task (subject_id) where finished_at is null;
create index task_project on task (project_id, created_at desc);
create index task_running on task (worker) where state = 'running';

create table task_step (
  task_id uuid not null references task on delete cascade,
  position int not null,
  step text not null,
  outcome text not null check (outcome in ('done', 'waiting', 'failed', 'skipped')),
  attempts int not null,
  error text,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  primary key (task_id, position)
);

-- A call to the operator: something needs a person.
create table incident (
  id uuid primary key,
  kind text not null,
  task_id uuid references task on delete cascade,
  summary text not null,
  opened_at timestamptz not null,
  closed_at timestamptz
);
create unique index incident_open on incident (kind, task_id) where closed_at is null;

create table idempotency (
  account_id uuid not null,
  key text not null,
  -- Of method, path and body: the same key with another request is refused.
  fingerprint bytea not null,
  status int not null,
  -- The answer, encrypted: it may hold a token that is shown only once.
  answer bytea not null,
  created_at timestamptz not null,
  primary key (account_id, key)
);
create index idempotency_created on idempotency (created_at);

create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  action text not null,
  account_id uuid,
  project_id uuid,
  subject_id text,
  status int not null,
  ip text not null,
  user_agent text not null,
  request_id text not null
);
create index audit_account on audit (account_id, at desc);

-- Which project, and so which account, every thing with an id belongs to. The one gate asks only this table.
create table resource (
  id uuid primary key,
  kind text not null,
  project_id uuid not null,
  account_id uuid not null
);
