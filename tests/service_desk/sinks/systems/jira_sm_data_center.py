"""A Jira Service Management Data Center made from what is published: bearer tokens, and `search`."""

from pydantic import SecretStr

from service_desk.sinks.jira_sm import Config, build
from tests.service_desk.sinks.systems import jira_sm

__all__ = ["Config", "System", "build"]


class System(jira_sm.System):
    cloud = False

    def settings(self):
        token = {"deployment": "data_center", "username": "", "token": SecretStr(jira_sm.TOKEN)}
        return super().settings() | token
