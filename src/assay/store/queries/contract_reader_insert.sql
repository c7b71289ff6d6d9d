-- Must be refused to a reader.
INSERT INTO progress (name, watermark) VALUES ('assay doctor --store', 0)
