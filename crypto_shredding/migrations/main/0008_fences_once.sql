-- A fence is taken away once and for good, and only while nothing has begun: the application may say that somebody cancelled, and nothing else.
ALTER TABLE {schema}.erasure_fences
    ADD COLUMN begun_at timestamptz,
    ADD CONSTRAINT erasure_fences_begun CHECK (cancelled_at IS NULL OR begun_at IS NULL);

CREATE FUNCTION {schema}.cancel_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF OLD.cancelled_at IS NOT NULL OR NEW.cancelled_at IS NULL THEN
        RAISE EXCEPTION 'a fence is cancelled once' USING ERRCODE = 'check_violation';
    END IF;
    NEW.cancelled_at := clock_timestamp();
    RETURN NEW;
END;
$$;
REVOKE ALL ON FUNCTION {schema}.cancel_once() FROM PUBLIC;
CREATE TRIGGER cancel_once BEFORE UPDATE OF cancelled_at ON {schema}.erasure_fences FOR EACH ROW EXECUTE FUNCTION {schema}.cancel_once();

GRANT UPDATE (begun_at) ON {schema}.erasure_fences TO {role}_saga;
-- An erased youth's account keeps no word about them.
GRANT UPDATE (display_name) ON {schema}.accounts TO {role}_saga;
