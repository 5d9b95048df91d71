create table image (
  id uuid primary key,
  name text not null,
  distribution text not null,
  os_family text not null,
  version text not null,
  min_disk_gib int not null,
  min_ram_gib int not null,
  available boolean not null,
  seen_at timestamptz not null
);

create table keypair (
  id uuid primary key,
  project_id uuid not null,
  name text not null,
  public_key text not null,
  fingerprint text not null,
  created_at timestamptz not null
);
create unique index keypair_name on keypair (project_id, name);

create table server (
  id uuid primary key,
  project_id uuid not null,
  account_id uuid not null,
  name text not null,
  status text not null,
  switch_status text not null check (switch_status in ('ON', 'OFF')),
  vcpus int not null,
  ram_gib int not null,
  image_id uuid,
  keypair_ids uuid[] not null,
  -- cloud-init data may hold passwords: encrypted, and forgotten once the server runs.
  user_data bytea,
  hold_id uuid,
  nova_id text,
  port_id text,
  private_ip text,
  -- The cloud said something of it that could not be taken over at that moment: ask again.
  recheck boolean not null default false,
  reason text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
create index server_project on server (project_id) where deleted_at is null;
create unique index server_nova on server (nova_id);

create table volume (
  id uuid primary key,
  project_id uuid not null,
  account_id uuid not null,
  server_id uuid,
  name text not null,
  size_gib int not null,
  storage_type text not null,
  bootable boolean not null,
  -- The system volume lives and dies with its server.
  undetachable boolean not null,
  position int not null,
  image_id uuid,
  status text not null,
  device text,
  cinder_id text,
  reason text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
create index volume_project on volume (project_id) where deleted_at is null;
create index volume_server on volume (server_id) where deleted_at is null;

create table address (
  id uuid primary key,
  project_id uuid not null,
  account_id uuid not null,
  server_id uuid,
  status text not null,
  ip text,
  version int not null,
  bandwidth_max_mbps int not null,
  neutron_id text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
create index address_project on address (project_id) where deleted_at is null;
create index address_server on address (server_id) where deleted_at is null;

-- Where the look at the cloud stands: the moment up to which changes were read.
create table observed (
  what text primary key,
  up_to timestamptz not null
);
