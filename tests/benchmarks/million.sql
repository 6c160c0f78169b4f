-- Pradesh, with so many people, ten enrolments for each of them, a batch for every fifty, and with
-- everybody's invitation, its mail and its line in an upload. Run by `million.py`, statement by statement, with the numbers in place of
-- `:people` and `:batches`.

-- Chance, the same each time: 0 up to 1, of a number and of what it is drawn for.
CREATE FUNCTION pg_temp.chance(n bigint, what text) RETURNS float8 IMMUTABLE LANGUAGE sql AS
$$ SELECT (hashint8extended(n, hashtextextended(what, 0)) & 1073741823)::float8 / 1073741824 $$;

CREATE FUNCTION pg_temp.one_of(n bigint, what text, words text[]) RETURNS text IMMUTABLE LANGUAGE sql AS
$$ SELECT words[1 + floor(pg_temp.chance(n, what) * cardinality(words))::int] $$;

CREATE FUNCTION pg_temp.a_name(n bigint) RETURNS text IMMUTABLE LANGUAGE sql AS
$$ SELECT pg_temp.one_of(n, 'first', '{Aarti,Abhay,Aisha,Alka,Amit,Anita,Arjun,Asha,Bhavna,Deepak,Divya,Farida,Ganesh,
           Gita,Harish,Hema,Imran,Indira,Jaya,Jyoti,Kabir,Kavita,Kiran,Lakshmi,Lata,Leela,Madhu,Mahesh,Meena,Mohan,
           Neha,Nikhil,Pooja,Prem,Priya,Rahul,Rekha,Rohan,Sana,Sanjay,Sita,Sunil,Tara,Uma,Usha,Varun,Vijay,Zoya}')
    || ' ' || pg_temp.one_of(n, 'last', '{Agarwal,Bhat,Bose,Chauhan,Das,Deshmukh,Dutta,Gandhi,Ghosh,Gupta,Iyer,Jain,
           Joshi,Kapoor,Khan,Kumar,Mehta,Menon,Mishra,Nair,Pandey,Patel,Rao,Reddy,Roy,Sen,Shah,Sharma,Singh,Yadav}') $$;

-- A UUID of version 7, as `models.new_id` makes them.
CREATE FUNCTION pg_temp.id_of(n bigint, what text, at timestamptz) RETURNS uuid STABLE LANGUAGE sql AS
$$ SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(what || n), 1, 3)
           || '8' || substr(md5(what || n), 4, 15))::uuid $$;

CREATE FUNCTION pg_temp.pradesh() RETURNS uuid STABLE LANGUAGE sql AS
$$ SELECT id FROM organisations WHERE short_name = 'pradesh' $$;

CREATE FUNCTION pg_temp.called(address text) RETURNS uuid STABLE LANGUAGE sql AS
$$ SELECT id FROM users WHERE email_key = address $$;

UPDATE organisations SET reminder_days = 3 WHERE short_name = 'pradesh';

-- Everybody, by a number.
CREATE TEMP TABLE person AS
SELECT n, pg_temp.id_of(n, 'person', at) AS id, at AS joined_at,
       CASE WHEN n % 5000 = 4242 THEN 'Zuleikha Quadri' ELSE pg_temp.a_name(n) END AS name,
       'teacher' || to_char(n, 'FM00000000') AS user_name,
       'PR-' || to_char(n, 'FM00000000') AS state_id,
       'District ' || 1 + floor(40 * power(pg_temp.chance(n, 'district'), 2)) AS district,
       1 + floor(400 * power(pg_temp.chance(n, 'district'), 2)) AS block
FROM (SELECT n, now() - interval '1000 days' + n * (interval '900 days' / :people) AS at
      FROM generate_series(1, :people) AS n) AS one;

INSERT INTO users (id, email, email_key, user_name, user_name_key, name, session_key, is_platform_admin, is_active,
                   created_at, organisation_id, state_id, state_id_key, district, school, block, mobile, search_text)
SELECT id, user_name || '@pradesh.test', user_name || '@pradesh.test', user_name, user_name, name,
       substr(md5(user_name), 1, 22), false, pg_temp.chance(n, 'active') > 0.02, joined_at, pg_temp.pradesh(),
       state_id, lower(state_id), district, 'Model School ' || block || '/' || n % 50, 'Block ' || block,
       '+91 9' || to_char(n, 'FM000000000'),
       lower(name || E'\n' || user_name || '@pradesh.test' || E'\n' || state_id)
FROM person;

CREATE UNIQUE INDEX ON person (n);

ANALYZE person;

INSERT INTO identities (id, user_id, issuer, subject, linked_at)
SELECT pg_temp.id_of(n, 'identity', joined_at), id, 'https://connect.pradesh.test', user_name, joined_at
FROM person WHERE n % 5 = 0;

-- Who runs it: 50 units, a manager for each, 2 managers of the whole, and a mentor for every five hundred.
INSERT INTO units (id, organisation_id, name)
SELECT pg_temp.id_of(n, 'unit', now() - interval '1000 days'), pg_temp.pradesh(), 'Unit ' || to_char(n, 'FM00')
FROM generate_series(1, 50) AS n;

INSERT INTO organisation_roles (id, organisation_id, user_id, role, created_at)
SELECT pg_temp.id_of(n, 'role', joined_at), pg_temp.pradesh(), id,
       CASE WHEN n <= 52 THEN 'manager' ELSE 'mentor' END, joined_at
FROM person WHERE n <= 52 OR (n % 500 = 0 AND n > 52);

INSERT INTO manager_units (role_id, unit_id, organisation_id)
SELECT pg_temp.id_of(n, 'role', joined_at), pg_temp.id_of(n, 'unit', now() - interval '1000 days'), pg_temp.pradesh()
FROM person WHERE n <= 50;

UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE email_key = 'state@pradesh.test')
WHERE email_key IN (SELECT user_name || '@pradesh.test' FROM person WHERE n <= 52 OR n = 500);

INSERT INTO role_invitations (id, organisation_id, email, email_key, role, status, link_number, expires_at, message,
                              invited_by_id, created_at, answered_at)
SELECT pg_temp.id_of(n, 'role invitation', now() - interval '300 days'), pg_temp.pradesh(),
       'mentor' || n || '@example.org', 'mentor' || n || '@example.org', 'mentor',
       CASE WHEN n % 10 = 0 THEN 'open' ELSE 'revoked' END, 1, now() + interval '60 days', '',
       pg_temp.called('state@pradesh.test'), now() - interval '300 days',
       CASE WHEN n % 10 > 0 THEN now() - interval '200 days' END
FROM generate_series(1, greatest(:people / 200, 20)) AS n;

-- Courses with their open batches, and the batches that people are brought into.
CREATE TEMP TABLE a_course AS
SELECT n, pg_temp.id_of(n, 'course', now() - interval '1000 days') AS id
FROM generate_series(1, greatest(:people / 2000, 5)) AS n;

INSERT INTO courses (id, organisation_id, key, name, description, created_at)
SELECT id, pg_temp.pradesh(), 'course-v1:pradesh+C' || n || '+2026', 'Course ' || n, '', now() - interval '1000 days'
FROM a_course;

-- The first batch has a tenth of all people, nineteen more a hundredth; the others have some five hundred.
CREATE TEMP TABLE a_batch AS
SELECT n, pg_temp.id_of(n, 'batch', starts_at) AS id, starts_at::date AS starts_on, starts_at,
       (SELECT id FROM a_course WHERE a_course.n = 1 + CASE WHEN one.n % 4 = 0 THEN 0 ELSE one.n END
                                                     % (SELECT count(*) FROM a_course)) AS course_id,
       CASE WHEN n % 100 = 0 THEN pg_temp.called('mentor@pradesh.test')
            ELSE (SELECT id FROM person WHERE person.n = least(500 * (1 + one.n % greatest(:people / 500, 1)), :people))
       END AS mentor_id,
       least(:people, CASE WHEN n = 1 THEN greatest(:people / 10, 100) WHEN n <= 20 THEN greatest(:people / 100, 10)
                           ELSE ceil(484 * (0.4 + 1.2 * pg_temp.chance(n, 'size'))) END)::int AS size,
       floor(pg_temp.chance(n, 'first') * :people)::int AS first,
       CASE WHEN n % 3 = 0 THEN 7919 ELSE 1 END AS step
FROM (SELECT n, date_trunc('day', now()) - interval '900 days' + interval '930 days' * pg_temp.chance(n, 'start')
             AS starts_at
      FROM generate_series(1, :batches) AS n) AS one;

INSERT INTO batches (id, course_id, organisation_id, name, description, enrolment_type, start_date, end_date,
                     is_default, created_by_id, created_at, participant_count)
SELECT pg_temp.id_of(n, 'open batch', now() - interval '1000 days'), id, pg_temp.pradesh(), 'Open batch', '', 'open',
       current_date - 1000, NULL, true, NULL, now() - interval '1000 days', 0
FROM a_course
UNION ALL
SELECT id, course_id, pg_temp.pradesh(), 'Batch ' || n || ' of ' || to_char(starts_on, 'YYYY'), '', 'invite-only',
       starts_on, starts_on + 180, false, mentor_id, starts_at, 0
FROM a_batch;

INSERT INTO batch_mentors (batch_id, user_id) SELECT id, mentor_id FROM a_batch;

-- Who takes part. A third has not begun, some have done it all, one in thirty was removed.
INSERT INTO participants (batch_id, user_id, enrolled_at, enrolled_on, enrolled_by_id, completed_units, total_units,
                          percent, last_activity_at, completed_at, completed_on, removed_at, removed_by_id)
SELECT batch_id, user_id, enrolled_at, (enrolled_at AT TIME ZONE 'Asia/Kolkata')::date, mentor_id, units, 12,
       100 * units / 12, active_at, CASE WHEN units = 12 THEN active_at END,
       CASE WHEN units = 12 THEN (active_at AT TIME ZONE 'Asia/Kolkata')::date END,
       CASE WHEN units < 12 AND luck < 0.03 THEN enrolled_at + interval '20 days' END,
       CASE WHEN units < 12 AND luck < 0.03 THEN mentor_id END
FROM (SELECT taken.*, person.id AS user_id,
             CASE WHEN units > 0 THEN enrolled_at + interval '100 days' * luck END AS active_at
      FROM (SELECT a_batch.id AS batch_id, a_batch.mentor_id, 1 + (first + i * step) % :people AS n,
                   starts_at + interval '20 days' * power(pg_temp.chance(i * 20011 + a_batch.n, 'day'), 2)
                   AS enrolled_at,
                   pg_temp.chance(i * 20011 + a_batch.n, 'luck') AS luck,
                   greatest(0, least(12, floor(20 * pg_temp.chance(i * 20011 + a_batch.n, 'units')) - 6))::int AS units
            FROM a_batch, generate_series(1, size) AS i) AS taken
      JOIN person USING (n)) AS one;

UPDATE batches SET participant_count = counted.number, last_activity_at = counted.last
FROM (SELECT batch_id, count(*) FILTER (WHERE removed_at IS NULL) AS number, max(last_activity_at) AS last
      FROM participants GROUP BY batch_id) AS counted
WHERE counted.batch_id = batches.id;

-- As `domain.tallies` counts.
INSERT INTO batch_tallies (batch_id, kind, key, count)
SELECT batch_id, kind, key, count(*)
FROM participants JOIN users ON users.id = user_id
CROSS JOIN LATERAL (VALUES ('percent', percent::text), ('enrolled', enrolled_on::text),
                           ('completed', completed_on::text), ('district', coalesce(district, '')),
                           ('completed-district', CASE WHEN completed_on IS NOT NULL THEN coalesce(district, '') END))
              AS counted (kind, key)
WHERE removed_at IS NULL AND key IS NOT NULL
GROUP BY batch_id, kind, key;

-- Collaborations: the first has a tenth of all members.
CREATE TEMP TABLE a_collaboration AS
SELECT n, pg_temp.id_of(n, 'collaboration', now() - interval '1000 days') AS id
FROM generate_series(1, greatest(:people / 200, 20)) AS n;

INSERT INTO collaborations (id, organisation_id, short_name, name, description, created_at)
SELECT id, pg_temp.pradesh(), 'group' || n, 'Working group ' || n, '', now() - interval '1000 days'
FROM a_collaboration;

INSERT INTO collaboration_units (collaboration_id, unit_id, organisation_id)
SELECT id, pg_temp.id_of(1 + n % 50, 'unit', now() - interval '1000 days'), pg_temp.pradesh() FROM a_collaboration;

INSERT INTO collaboration_labels (collaboration_id, name)
SELECT id, 'label' || n % 30 FROM a_collaboration UNION ALL SELECT id, 'every' FROM a_collaboration;

INSERT INTO groups (id, collaboration_id, short_name, name, auto_provision)
SELECT pg_temp.id_of(n * 2 + which, 'group', now() - interval '1000 days'), id, 'part' || which, 'Part ' || which,
       which = 1
FROM a_collaboration, generate_series(0, 1) AS which;

-- Five hundred invitations an upload; everybody was invited, most have accepted.
CREATE TEMP TABLE an_upload AS
SELECT n, pg_temp.id_of(n, 'upload', at) AS id, at,
       CASE WHEN n % 10 = 0 THEN pg_temp.called('state@pradesh.test') ELSE manager.id END AS user_id
FROM (SELECT n, now() - interval '800 days' + n * (interval '790 days' / greatest(:people / 500, 1)) AS at
      FROM generate_series(1, greatest(:people / 500, 1)) AS n) AS one
JOIN LATERAL (SELECT id FROM person WHERE person.n = 1 + one.n % 50) AS manager ON true;

INSERT INTO uploads (id, kind, user_id, organisation_id, file_name, content, state, created_at, columns, notices,
                     lines, error_count, to_do, people, collaborations, will_fail, will_skip, process_pressed_at,
                     planned, done, failed, skipped, processed_line, all_lines_processed, finished_at)
SELECT id, 'invitations', user_id, pg_temp.pradesh(), 'people-' || n || '.csv',
       convert_to(E'short_names,invitees\n' || repeat(E'group4999,teacher01000000@pradesh.test\n', 500), 'UTF8'),
       'done', at, '[{"name": "short_names", "title": "short_names"}, {"name": "invitees", "title": "invitees"}]',
       '[]', 500, 0, 500, 500, 1, 0, 0, at, 500, 500, 0, 0, 501, true, at + interval '1 minute'
FROM an_upload;

CREATE TEMP TABLE an_invitation AS
SELECT person.n, person.id AS user_id, user_name || '@pradesh.test' AS address, at, an_upload.id AS upload_id,
       an_upload.user_id AS by_id, (person.n - 1) % 500 AS number,
       pg_temp.id_of(person.n, 'invitation', at) AS id, pg_temp.id_of(person.n, 'membership', at) AS membership_id,
       a_collaboration.id AS collaboration_id, 'group' || a_collaboration.n AS short_name,
       CASE WHEN luck < 0.7 THEN 'accepted' WHEN luck < 0.8 THEN 'open' WHEN luck < 0.85 THEN 'declined'
            WHEN luck < 0.9 THEN 'revoked' WHEN luck < 0.99 THEN 'replaced' ELSE 'undelivered' END AS status
FROM (SELECT *, pg_temp.chance(n, 'answer') AS luck FROM person) AS person
JOIN an_upload ON an_upload.n = least(1 + (person.n - 1) / 500, (SELECT count(*) FROM an_upload))
JOIN a_collaboration ON a_collaboration.n = CASE WHEN person.n % 10 = 0 THEN 1
                                                 ELSE 1 + person.n % (SELECT count(*) FROM a_collaboration) END;

INSERT INTO memberships (id, collaboration_id, user_id, role, expires_at, joined_at, ended_at, ended_because)
SELECT membership_id, collaboration_id, user_id, CASE WHEN n % 100 = 3 THEN 'admin' ELSE 'member' END,
       CASE WHEN n % 4 = 0 THEN now() + interval '30 days' + n % 300 * interval '1 day' END, at + interval '1 day',
       CASE WHEN n % 20 = 7 THEN at + interval '9 days' END, CASE WHEN n % 20 = 7 THEN 'removed' END
FROM an_invitation WHERE status = 'accepted';

INSERT INTO group_memberships (membership_id, group_id, collaboration_id)
SELECT membership_id, groups.id, groups.collaboration_id
FROM an_invitation JOIN groups USING (collaboration_id)
WHERE status = 'accepted' AND n % 20 <> 7 AND groups.auto_provision;

INSERT INTO invitations (id, collaboration_id, email, email_key, role, status, link_number, expires_at, message,
                         sender_name, invited_by_id, upload_id, created_at, answered_at, membership_id)
SELECT id, collaboration_id, address, address, 'member', status, 1, at + interval '1 year', 'Please join us.',
       'Pradesh', by_id, upload_id, at, CASE WHEN status <> 'open' THEN at + interval '1 day' END,
       CASE WHEN status = 'accepted' THEN membership_id END
FROM an_invitation;

INSERT INTO invitation_groups (invitation_id, group_id, collaboration_id)
SELECT an_invitation.id, groups.id, groups.collaboration_id
FROM an_invitation JOIN groups USING (collaboration_id) WHERE NOT groups.auto_provision;

INSERT INTO upload_lines (upload_id, number, cells)
SELECT upload_id, number + 2, json_build_array(short_name, address) FROM an_invitation;

INSERT INTO upload_outcomes (upload_id, number, line, invitee, collaboration, groups, role, state, invitation_id)
SELECT upload_id, number, number + 2, address, short_name, '', 'member', 'sent', id FROM an_invitation;

INSERT INTO outbox (id, kind, once, to_address, invitation_id, state, attempts, due_at, created_at, sent_at)
SELECT pg_temp.id_of(n, 'letter', at), 'invitation', 'invitation:' || id || ':1', address, id, 'sent', 0, at, at,
       at + interval '1 minute'
FROM an_invitation;

INSERT INTO pending_enrolments (id, course_id, email, email_key, auto_enrol, created_at, fulfilled_at)
SELECT pg_temp.id_of(n, 'pending', now() - interval '200 days'), (SELECT id FROM a_course WHERE n = 1),
       'pending' || n || '@example.org', 'pending' || n || '@example.org', true, now() - interval '200 days',
       CASE WHEN n % 2 = 0 THEN now() - interval '100 days' END
FROM generate_series(1, :people / 10) AS n;

-- The audit log: who was added to a batch on which day, who joined a collaboration, who was changed or imported.
INSERT INTO audit_entries (id, at, organisation_id, user_id, action, through, batch_id, course_id, counts, people)
SELECT pg_temp.id_of(a_batch.n, enrolled_on::text, enrolled_on), enrolled_on, pg_temp.pradesh(), enrolled_by_id,
       'participants-added', 'page', batch_id, course_id, json_build_object('added', count(*)),
       json_build_object('added', json_agg(replace(user_id::text, '-', '')))
FROM participants JOIN a_batch ON a_batch.id = batch_id
GROUP BY a_batch.n, batch_id, course_id, enrolled_on, enrolled_by_id;

INSERT INTO audit_entries (id, at, organisation_id, user_id, action, through, address, collaboration_id, counts, people)
SELECT pg_temp.id_of(n, 'joined', at), at + interval '1 day', pg_temp.pradesh(), user_id, 'member-joined', 'page',
       '192.0.2.7', collaboration_id, '{"joined": 1}',
       json_build_object('joined', json_build_array(replace(user_id::text, '-', '')))
FROM an_invitation WHERE status = 'accepted';

INSERT INTO audit_entries (id, at, organisation_id, user_id, action, through, counts, people, note)
SELECT pg_temp.id_of(n, 'changed', joined_at), joined_at, pg_temp.pradesh(), pg_temp.called('state@pradesh.test'),
       'person-changed', 'page', '{"changed": 1}',
       json_build_object('changed', json_build_array(replace(id::text, '-', ''))), 'school'
FROM person WHERE n % 10 = 0;

INSERT INTO audit_entries (id, at, organisation_id, user_id, action, through, counts, people)
SELECT pg_temp.id_of(n / 10000, 'imported', min(joined_at)), min(joined_at), pg_temp.pradesh(),
       pg_temp.called('state@pradesh.test'), 'people-imported', 'upload', json_build_object('added', count(*)),
       json_build_object('added', json_agg(replace(id::text, '-', '')))
FROM person GROUP BY n / 10000;
