-- Must be refused to a reader.
KILL QUERY WHERE query_id = 'assay doctor --store' SYNC
