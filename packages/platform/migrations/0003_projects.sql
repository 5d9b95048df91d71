create table project (
  id uuid primary key,
  account_id uuid not null,
  name text not null,
  description text not null,
  -- `preparing` until its place in the cloud (identity, network, router) is made; `failed` when that did not work.
  status text not null check (status in ('preparing', 'ready', 'failed')),
  reason text,
  created_at timestamptz not null,
  cloud_project_id text,
  network_id text,
  subnet_id text,
  router_id text,
  security_group_id text
);
create index project_account on project (account_id, created_at);
