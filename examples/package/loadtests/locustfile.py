"""Customers of one tenant, who browse or buy: `--tenant` and `--scenario` are arguments of this file."""

from typing import Any

from locust import events, task

from common.users import Customer


@events.init_command_line_parser.add_listener
def add_arguments(parser: Any) -> None:
    parser.add_argument("--scenario", choices=["browse", "buy"], default="browse", help="What customers do")
    parser.add_argument("--tenant", default="acme", help="Whose customers they are")


class Shopper(Customer):
    @task
    def shop(self) -> None:
        self.browse()
        if self.environment.parsed_options.scenario == "buy":
            self.buy()
