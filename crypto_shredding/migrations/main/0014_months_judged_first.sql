-- A month of the trail is judged before its record is signed, by the function that removes it and by no other clock: a record that was signed first stood
-- even when the month was refused. What is wrong in a record gives way to the next one, as long as the month is there.

-- Whether the database has told about this time for a day, by what it sealed: a clock that has just leapt removes no month and closes no account. NULL when
-- it sealed nothing for forty days: then there is nothing to judge by.
CREATE FUNCTION {schema}.clock_is_believed() RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT bool_or(sealed_at <= clock_timestamp() - interval '1 day')
    FROM {schema}.checkpoints
    WHERE sealed_at BETWEEN clock_timestamp() - interval '40 days' AND clock_timestamp();
END;
REVOKE ALL ON FUNCTION {schema}.clock_is_believed() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.clock_is_believed() TO {role}_app, {role}_expirer;

-- Refuses a month that may not go, or gives the hour at which it may: the one that its record bears. What is looked at is what it was before (0009); every
-- line is there, or none, where the month went and its leaves did not.
CREATE FUNCTION {schema}.judge_month(expiring integer, days integer) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    it {schema}.sealed_trees;
    before {schema}.sealed_trees;
    present date := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date;
    named date;
    there bigint;
BEGIN
    SELECT * INTO it FROM {schema}.sealed_trees WHERE tree = expiring AND kind = 'trail';
    SELECT * INTO before FROM {schema}.sealed_trees WHERE tree < expiring AND kind = 'trail' ORDER BY tree DESC LIMIT 1;
    SELECT max(month) INTO named FROM {schema}.sealed_trees WHERE kind = 'trail' AND tree <= expiring AND month <= present;
    IF days IS NULL OR days NOT BETWEEN 214 AND 1095 THEN
        RAISE EXCEPTION 'a trail is kept from 214 to 1095 days' USING ERRCODE = 'check_violation';
    ELSIF it.closed_at IS NULL OR named IS NULL OR named + days > (clock_timestamp() AT TIME ZONE 'UTC')::date THEN
        RAISE EXCEPTION 'this month is not over, or not old enough' USING ERRCODE = 'check_violation';
    ELSIF NOT EXISTS (SELECT FROM {schema}.checkpoints WHERE tree = it.tree AND generation = it.generation AND size = it.size) THEN
        RAISE EXCEPTION 'this month is not sealed to its end' USING ERRCODE = 'check_violation';
    ELSIF EXISTS (
        SELECT FROM {schema}.sealed_trees AS t LEFT JOIN {schema}.retention_records AS r USING (tree)
        WHERE t.kind = 'trail' AND t.tree < expiring AND r.tree IS NULL
    ) THEN
        RAISE EXCEPTION 'a month before this one has no record' USING ERRCODE = 'check_violation';
    ELSIF {schema}.clock_is_believed() IS NOT TRUE THEN
        RAISE EXCEPTION 'the clock has not told this time for a day' USING ERRCODE = 'check_violation';
    END IF;
    SELECT count(*) INTO there FROM {schema}.access_trail WHERE line > coalesce(before.position, 0) AND line <= it.position;
    -- The first leaf of every month but the first is the root of the month before, and no line.
    IF there > 0 AND there <> it.size - (before.tree IS NOT NULL)::integer THEN
        RAISE EXCEPTION 'lines of this month are missing: it is kept as it is' USING ERRCODE = 'check_violation';
    END IF;
    RETURN clock_timestamp();
END;
$$;
REVOKE ALL ON FUNCTION {schema}.judge_month(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.judge_month(integer, integer) TO {role}_notary;
ALTER FUNCTION {schema}.judge_month(integer, integer) OWNER TO {role}_expirer;

-- As before, of a month that was judged and whose record stands.
CREATE OR REPLACE FUNCTION {schema}.expire_trail(expiring integer, days integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    removed bigint;
BEGIN
    PERFORM {schema}.judge_month(expiring, days);
    IF NOT EXISTS (SELECT FROM {schema}.retention_records WHERE tree = expiring) THEN
        RAISE EXCEPTION 'this month has no record' USING ERRCODE = 'check_violation';
    END IF;
    DELETE FROM {schema}.access_trail
    WHERE line > coalesce((SELECT max(position) FROM {schema}.sealed_trees WHERE kind = 'trail' AND tree < expiring), 0)
        AND line <= (SELECT position FROM {schema}.sealed_trees WHERE tree = expiring);
    GET DIAGNOSTICS removed = ROW_COUNT;
    DELETE FROM {schema}.sealed_leaves WHERE tree = expiring;
    RETURN removed;
END;
$$;

GRANT UPDATE (note, signed_at) ON {schema}.retention_records TO {role}_notary;
