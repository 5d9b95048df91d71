create table account (
  id uuid primary key,
  email text not null,
  name text not null,
  language text not null,
  role text not null check (role in ('customer', 'operator')),
  password_hash text not null,
  currency text not null,
  created_at timestamptz not null
);
create unique index account_email on account (lower(email));

-- What speaks for an account: a browser's session or an API token. Only the hash is kept.
create table credential (
  id uuid primary key,
  account_id uuid not null references account on delete cascade,
  kind text not null check (kind in ('session', 'token')),
  name text not null,
  hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz
);
create index credential_account on credential (account_id, kind);

-- Failed sign-ins by account and address, and by address alone.
create table sign_in_failure (
  key text primary key,
  count int not null,
  last_at timestamptz not null
);
