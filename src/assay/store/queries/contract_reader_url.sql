-- Must be refused to a reader; where it is not, nothing is asked of the address.
SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString', 'line String') LIMIT 0
