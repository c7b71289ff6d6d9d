-- Must end by the limits of a reader.
SELECT count() FROM numbers(1000000000000000) WHERE cityHash64(number) = 7
