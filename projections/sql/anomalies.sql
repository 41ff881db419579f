-- What the DPO is told of unusual accesses (R088). Lines are laid beside those of the same person, against a limit: nobody is ranked, and no number
-- comes out. Each limit is a rule's; an episode is what comes without a quiet hour between, and is known by the line with which it crosses the limit.

-- name: episodes
WITH seen AS (
    SELECT t.line, t.at, t.account, t.role, t.reference,
        CASE
            WHEN t.operation IN ('session.open', 'session.prove') AND t.outcome <> 'granted' THEN 'failed_sign_ins'
            WHEN t.operation = 'record.read' AND t.outcome = 'granted' AND t.reference IS NOT NULL THEN 'bulk_reads'
            WHEN t.outcome = 'refused' AND t.reference IS NOT NULL THEN 'outside_caseload'
            WHEN t.outcome = 'refused' THEN 'repeated_refusals'
            WHEN t.outcome = 'not_found' THEN 'probing'
        END AS rule
    FROM {access_trail} AS t
    WHERE t.at >= %(since)s
), near AS (
    SELECT s.*, l.limit_of_rule, count(*) OVER hour AS lines, min(s.line) OVER hour AS first_line
    FROM seen AS s
    JOIN unnest(%(rules)s::text[], %(limits)s::integer[]) AS l (rule, limit_of_rule) USING (rule)
    WINDOW hour AS (PARTITION BY s.rule, s.account ORDER BY s.at RANGE BETWEEN '1 hour' PRECEDING AND CURRENT ROW)
), crossed AS (
    SELECT n.rule, n.account, n.role, n.line, n.at
    FROM near AS n
    WHERE n.lines >= n.limit_of_rule
        -- Opening the same record again and again is no reading in bulk: records are told apart, where a line names one.
        AND (n.reference IS NULL OR n.limit_of_rule <= (
            SELECT count(DISTINCT t.reference)
            FROM {access_trail} AS t
            WHERE t.account = n.account AND t.line BETWEEN n.first_line AND n.line AND t.reference IS NOT NULL
                AND CASE n.rule WHEN 'bulk_reads' THEN t.operation = 'record.read' AND t.outcome = 'granted' ELSE t.outcome = 'refused' END
        ))
), begun AS (
    SELECT c.*, coalesce(c.at - lag(c.at) OVER person > '1 hour', true) AS begins
    FROM crossed AS c
    WINDOW person AS (PARTITION BY c.rule, c.account ORDER BY c.at, c.line)
), numbered AS (
    SELECT b.*, count(*) FILTER (WHERE b.begins) OVER (PARTITION BY b.rule, b.account ORDER BY b.at, b.line) AS episode
    FROM begun AS b
)
SELECT e.rule, e.account, min(e.role) AS role, min(CASE WHEN e.role <> 'youth' THEN a.display_name END) AS name,
    min(e.line) AS line, min(e.at) AS since, max(e.at) AS until
FROM numbered AS e
LEFT JOIN {accounts} AS a ON a.account_id = e.account
GROUP BY e.rule, e.account, e.episode
HAVING min(e.at) >= %(told_since)s
ORDER BY since DESC, e.rule;
