-- How far the views have come. One row says it for all of them, since they advance in the same transaction; a second one says up to
-- where a rebuild has to come before what is shown is whole again.

-- name: begin
INSERT INTO {projection_position} (view, notification_id) VALUES (%b, 0) ON CONFLICT (view) DO NOTHING;

-- name: read
SELECT notification_id FROM {projection_position} WHERE view = %b;

-- name: lock
SELECT notification_id FROM {projection_position} WHERE view = %b FOR UPDATE;

-- name: set
INSERT INTO {projection_position} AS held (view, notification_id) VALUES (%b, %b)
ON CONFLICT (view) DO UPDATE SET notification_id = EXCLUDED.notification_id;

-- name: newest_event
SELECT coalesce(max(notification_id), 0) FROM {events};
