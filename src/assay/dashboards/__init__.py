"""Dashboards and alert rules as code: values over the store's views, written out as the files that Grafana provisions.

`boards/*.py` and `alerts.py` hold the values, `sql/` their statements, `grafana.py` and `provisioning.py` turn values into what Grafana
reads, `generate.py` writes `deploy/grafana` and tells when it is out of date. Nothing here is imported by a running server.
"""
