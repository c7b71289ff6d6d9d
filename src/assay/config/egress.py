"""What of a workspace's texts may leave this deployment."""

from collections.abc import Mapping

from assay.config.model import EgressPolicy, Workspace


def egress_policy(workspaces: Mapping[str, Workspace], name: str) -> EgressPolicy:
    """The policy of a workspace for judges and whoever else is sent its texts. One that the settings do not name has the defaults."""
    return (workspaces.get(name) or Workspace()).judges_get
