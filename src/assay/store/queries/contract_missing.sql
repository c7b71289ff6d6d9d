-- A table that is never there: the code must say that trying again is useless.
SELECT 1 FROM assay_contract_no_table
