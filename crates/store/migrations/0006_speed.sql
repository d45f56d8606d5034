-- What the application and the audit look up often, found without reading what is not asked for.

-- Which duties a recording shows something of: begin and end are both in the index.
DROP INDEX outcomes_of_officer_in_order;

CREATE INDEX outcomes_of_officer_in_order ON outcomes (officer_id, begin_at, end_at);

CREATE INDEX outcomes_of_type ON outcomes (call_type, begin_at);

-- Whoever may not see restricted recordings counts those of a district in the index alone.
DROP INDEX recordings_in_district;

CREATE INDEX recordings_in_district ON recordings (district, begin_at, id, restricted);

CREATE INDEX calls_in_district_of_type ON calls (district, call_type, begin_at, call_id);

CREATE INDEX calls_of_type_by_unrecorded ON calls (call_type, unrecorded, call_id);
