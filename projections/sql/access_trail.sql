-- Readings of the access trail. Nothing here counts lines by person, and nothing may: the trail does not measure how much somebody works (R086).

-- name: lines
-- For the DPO. A youth's account is never named: the record's reference is all that stands for a youth here.
SELECT t.line, t.at, t.account, CASE WHEN t.role <> 'youth' THEN a.display_name END AS name,
    t.role, t.purpose, t.operation, t.outcome, t.reference, t.categories, t.records, t.request,
    CASE WHEN b.role <> 'youth' THEN b.display_name END AS about
FROM {access_trail} AS t
LEFT JOIN {accounts} AS a ON a.account_id = t.account
LEFT JOIN {accounts} AS b ON b.account_id = t.reference
WHERE (%(before)b::bigint IS NULL OR t.line < %(before)b)
    AND (%(account)b::uuid IS NULL OR t.account = %(account)b)
    AND (%(role)b::text IS NULL OR t.role = %(role)b)
    AND (%(reference)b::uuid IS NULL OR t.reference = %(reference)b)
    AND (%(since)b::timestamptz IS NULL OR t.at >= %(since)b)
    AND (%(until)b::timestamptz IS NULL OR t.at < %(until)b)
    AND (%(operation)b::text IS NULL OR t.operation = %(operation)b)
    AND (%(outcome)b::text IS NULL OR t.outcome = %(outcome)b)
ORDER BY t.line DESC
LIMIT %(limit)b;

-- name: seen_by_the_youth
-- The day, never the hour; the role, never the name (CJEU C-579/21, R037). Several looks of a day for the same purpose are one line.
SELECT DISTINCT (t.at AT TIME ZONE %(zone)s)::date AS day, t.role, t.purpose, t.operation
FROM {access_trail} AS t
JOIN {subject_references} AS r USING (reference)
WHERE r.subject_id = %(subject)b AND t.outcome = 'granted'
ORDER BY day DESC, t.role, t.purpose, t.operation
LIMIT %(limit)b;

-- name: seen_by_the_youth_by_name
-- The same by name, once the DPO decided so for this record, with a reason (R037). Still no hour.
SELECT DISTINCT (t.at AT TIME ZONE %(zone)s)::date AS day, t.role, t.purpose, t.operation,
    CASE WHEN t.role <> 'youth' THEN a.display_name END AS name
FROM {access_trail} AS t
JOIN {subject_references} AS r USING (reference)
LEFT JOIN {accounts} AS a ON a.account_id = t.account
WHERE r.subject_id = %(subject)b AND t.outcome = 'granted'
ORDER BY day DESC, t.role, t.purpose, t.operation, name
LIMIT %(limit)b;

-- name: seen_by_the_referent
-- Who opened a record in their care: the day and the name, no hour (R086).
SELECT DISTINCT (t.at AT TIME ZONE %(zone)s)::date AS day, CASE WHEN t.role <> 'youth' THEN a.display_name END AS name,
    t.role, t.purpose, t.operation, t.outcome
FROM {access_trail} AS t
JOIN {subject_references} AS r USING (reference)
LEFT JOIN {accounts} AS a ON a.account_id = t.account
WHERE r.subject_id = %(subject)b
ORDER BY day DESC, name, t.role, t.purpose, t.operation, t.outcome
LIMIT %(limit)b;

-- name: grounds
-- On which grounds: the purposes that were stated, in which role and for which operation, a day once. No account, and no number.
SELECT DISTINCT (t.at AT TIME ZONE %(zone)s)::date AS day, t.purpose, t.role, t.operation
FROM {access_trail} AS t
WHERE t.outcome = 'granted' AND t.at >= %(since)s AND t.at < %(until)s
    AND (%(reference)s::uuid IS NULL OR t.reference = %(reference)s)
ORDER BY day DESC, t.purpose, t.role, t.operation
LIMIT %(limit)s;

-- name: touched
-- The records that one account touched in an interval: those of a breach (R005). The line is of an incident, and says so.
SELECT t.reference, min(t.at) AS first, max(t.at) AS last, array_agg(DISTINCT t.operation ORDER BY t.operation) AS operations
FROM {access_trail} AS t
WHERE t.account = %(account)s AND t.at >= %(since)s AND t.at < %(until)s
    AND t.outcome = 'granted' AND t.reference IS NOT NULL AND t.records > 0
GROUP BY t.reference
ORDER BY first, t.reference;

-- name: exported
-- The trail of an interval, the first line first.
SELECT t.line, t.at, t.account, CASE WHEN t.role <> 'youth' THEN a.display_name END AS name,
    t.role, t.purpose, t.operation, t.outcome, t.reference, t.categories, t.records, t.request,
    CASE WHEN b.role <> 'youth' THEN b.display_name END AS about
FROM {access_trail} AS t
LEFT JOIN {accounts} AS a ON a.account_id = t.account
LEFT JOIN {accounts} AS b ON b.account_id = t.reference
WHERE t.at >= %(since)s AND t.at < %(until)s
ORDER BY t.line
LIMIT %(limit)s;
