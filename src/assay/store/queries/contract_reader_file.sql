-- Must be refused to a reader.
SELECT * FROM file('/etc/passwd', 'LineAsString')
