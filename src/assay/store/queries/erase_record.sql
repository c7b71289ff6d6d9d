-- Keeps that an erasure was carried out, without saying whom it was about; writers notice the new row.
-- params: workspace, by, value, spans UInt64
INSERT INTO erasures (workspace, by, value_sha256, spans)
SELECT {workspace:String}, {by:String}, lower(hex(SHA256(concat({workspace:String}, '/', {value:String})))), {spans:UInt64}
