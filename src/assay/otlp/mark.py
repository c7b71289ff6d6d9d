"""How a deployment knows what it has sent itself."""

MARK = "assay.forwarded_by"
"""Resource attribute of what goes out: names of the deployments (`forward.name`) that it came from and through."""
