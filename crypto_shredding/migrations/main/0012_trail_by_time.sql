-- The DPO asks the trail by time: what was unusual this month, an interval to export, the records of a breach. A summary a range of pages costs a line
-- next to nothing when it is written.
CREATE INDEX access_trail_at ON {schema}.access_trail USING brin (at);
