-- Must be refused to a reader.
CREATE TABLE assay_contract_reader (x UInt8) ENGINE = Memory
