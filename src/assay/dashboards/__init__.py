"""Dashboards and alert rules as code: panels are values over the store's views; the JSON in `deploy/` is generated."""
