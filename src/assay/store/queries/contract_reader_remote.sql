-- Must be refused to a reader, without asking the address.
SELECT * FROM remote('127.0.0.1:1', 'system', 'one')
