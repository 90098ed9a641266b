"""What a YAML file of the user's may hold, and what is refused before it takes memory or time."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from swarmscope.cli.run import app as run
from swarmscope.cli.thresholds import app as check_thresholds
from swarmscope.project.yaml_text import UnreadableYamlError, load_yaml
from tests.cli.command import call
from tests.cli.locust_csv import stats
from tests.runs.command import RULES

LEVELS = 60
LIST_BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, LEVELS))
TEXT_BOMB = f"text: &text {'x' * 10_000}\nall: [{', '.join(['*text'] * 1_000)}]\n"
KEY_BOMB = "k0: &k0 {a: 1}\n" + "".join(
    f"k{n}: &k{n} {{<<: [*k{n - 1}, *k{n - 1}], b{n}: 1}}\n" for n in range(1, LEVELS)
)
TOO_MUCH = "has aliases that stand for more than 1,000,000 characters: write the values out"
BOMBS = {"lists": LIST_BOMB, "text": TEXT_BOMB, "merged keys": KEY_BOMB}


def refusal(text: str) -> str:
    with pytest.raises(UnreadableYamlError) as error:
        load_yaml(text)
    (line,) = str(error.value).splitlines()
    return line


def test_anchors_aliases_and_merged_keys_in_small_number_mean_what_they_say() -> None:
    text = "base: &base {severity: critical, bound: max}\nown: {<<: *base, bound: min}\nsame: *base\n"
    base = {"severity": "critical", "bound": "max"}
    assert load_yaml(text) == {"base": base, "own": {"severity": "critical", "bound": "min"}, "same": base}


def test_a_large_file_without_aliases_is_read() -> None:
    assert len(load_yaml("".join(f"- {'x' * 100}\n" for _ in range(12_000)))) == 12_000


def test_an_empty_document_holds_nothing() -> None:
    assert load_yaml("# nothing but a comment\n") is None


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_an_alias_bomb_is_refused_without_being_expanded(text: str) -> None:
    tracemalloc.start()
    try:
        assert refusal(text) == TOO_MUCH
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: &a {b: *a}\n", "&a [&b [*a]]\n"])
def test_an_alias_within_itself_is_refused(text: str) -> None:
    assert refusal(text) == "has an alias inside of what it stands for: write the value out"


@pytest.mark.parametrize("text", ["[" * 20_000, "- " * 20_000, "{a: " * 20_000])
def test_deep_nesting_is_refused(text: str) -> None:
    assert refusal(text) == "is nested too deeply: expected a few levels"


def test_control_characters_several_documents_and_tags_of_python_are_refused_in_one_line() -> None:
    assert refusal("a: \x00").startswith("is not YAML: unacceptable character #x0000: control characters are not")
    assert refusal("a: 1\n---\nb: 2\n").startswith("is not YAML: expected a single document in the stream")
    assert refusal("!!python/object/apply:os.system [id]").startswith("is not YAML: could not determine a constructor")


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_run_and_an_offline_check_with_a_bomb_are_one_line_and_exit_code_2(tmp_path: Path, text: str) -> None:
    own = tmp_path / "own.yml"
    own.write_text(f"{text}groups: []\n")
    ended = call(run, "smoke", "--rules", str(RULES), "--thresholds", str(own), "--results", str(tmp_path / "results"))
    assert (ended.exit_code, ended.error_line) == (2, f"{own} {TOO_MUCH}")
    table = stats(tmp_path / "x.csv")
    ended = call(check_thresholds, str(table), "--scenario", "smoke", "--rules", str(tmp_path))
    assert (ended.exit_code, ended.error_line) == (2, f"{own} {TOO_MUCH}")
