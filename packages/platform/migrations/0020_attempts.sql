-- Counts what is slowed down or limited: tries to sign in that were not right, and sign-ups from one place.
alter table sign_in_failure rename to attempt;
alter table attempt rename constraint sign_in_failure_pkey to attempt_pkey;
create index attempt_last on attempt (last_at);
