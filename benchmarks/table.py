"""A measured table: printed on a terminal, or written as Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as RichTable


@dataclass(frozen=True)
class Table:
    """Figures with the command that makes them; the first column is text, the others are numbers."""

    title: str
    command: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def print(self) -> None:
        table = RichTable(title=self.title, title_justify="left", caption=self.note or None, caption_justify="left")
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        Console().print(table)

    def markdown(self) -> str:
        head = ["| " + " | ".join(self.columns) + " |", "|---" + "|---:" * (len(self.columns) - 1) + "|"]
        rows = ["| " + " | ".join(row) + " |" for row in self.rows]
        return "\n".join([f"{self.title}: `{self.command}`", "", *head, *rows, *(["", self.note] if self.note else [])])


def ratio(value: float, base: float) -> str:
    return f"{value / base:.3f}"
