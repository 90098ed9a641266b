import os
import subprocess
import sys
from pathlib import Path

import pytest

from swarmscope.errors import StackError
from swarmscope.project import env_file
from swarmscope.project.env_file import (
    EXAMPLE_FILE,
    SECRETS,
    ensure_env_file,
    read_env_file,
    settings,
    without_secrets,
)
from tests.places import ROOT

EXAMPLE = "# a comment = kept\nSECRET_ONE=\nSECRET_TWO=\nPORT=8000\n#OPTIONAL=\n"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    path = tmp_path / ".env.example"
    path.write_text(EXAMPLE)
    return path


def test_the_first_start_makes_the_file_with_random_secrets_for_its_owner_alone(example: Path, tmp_path: Path) -> None:
    target = tmp_path / ".env"
    assert ensure_env_file(example, target) == ["SECRET_ONE", "SECRET_TWO", "PORT"]
    values = read_env_file(target)
    assert values["PORT"] == "8000"
    assert len(values["SECRET_ONE"]) == len(values["SECRET_TWO"]) == 32
    assert values["SECRET_ONE"] != values["SECRET_TWO"]
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_text().startswith("# a comment = kept\n")
    assert target.read_text().endswith("#OPTIONAL=\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", ".env.example"]


def test_a_second_start_changes_nothing(example: Path, tmp_path: Path) -> None:
    target = tmp_path / ".env"
    ensure_env_file(example, target)
    before = target.read_text()
    assert ensure_env_file(example, target) == []
    assert target.read_text() == before


def test_existing_values_are_kept_and_new_keys_are_added(example: Path, tmp_path: Path) -> None:
    target = tmp_path / ".env"
    target.write_text("SECRET_ONE=mine\nOWN=1")  # no newline at the end
    assert ensure_env_file(example, target) == ["SECRET_TWO", "PORT"]
    values = read_env_file(target)
    assert (values["SECRET_ONE"], values["OWN"], values["PORT"]) == ("mine", "1", "8000")
    assert len(values["SECRET_TWO"]) == 32


def test_a_copy_of_the_example_by_hand_gets_its_secrets_filled(example: Path, tmp_path: Path) -> None:
    target = tmp_path / ".env"
    target.write_text(EXAMPLE)
    assert ensure_env_file(example, target) == ["SECRET_ONE", "SECRET_TWO"]
    assert target.read_text().count("SECRET_ONE=") == 1
    assert len(read_env_file(target)["SECRET_ONE"]) == 32


def test_a_file_that_others_may_read_is_closed_to_them(example: Path, tmp_path: Path) -> None:
    target = tmp_path / ".env"
    target.write_text("SECRET_ONE=a\nSECRET_TWO=b\nPORT=1\n")
    target.chmod(0o644)
    ensure_env_file(example, target)
    assert target.stat().st_mode & 0o777 == 0o600


def test_the_one_who_comes_second_uses_the_secrets_of_the_first(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / ".env"
    monkeypatch.setattr(env_file, "new_secret", lambda: write_first(target))
    ensure_env_file(example, target)
    assert read_env_file(target) == {"SECRET_ONE": "first", "SECRET_TWO": "first", "PORT": "1"}


def write_first(target: Path) -> str:
    """Another process makes the file while we make our secrets."""
    target.write_text("SECRET_ONE=first\nSECRET_TWO=first\nPORT=1\n")
    return "second"


def test_a_missing_example_is_an_error_that_says_what_it_is_for(tmp_path: Path) -> None:
    with pytest.raises(StackError) as error:
        ensure_env_file(tmp_path / "absent", tmp_path / ".env")
    assert str(error.value) == (
        f"{tmp_path / 'absent'} is missing: it lists the settings that .env is made from; restore it"
    )


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    target.write_text("PORT=1\nNAME=file\n")
    assert settings(target, {"PORT": "2"}) == {"PORT": "2", "NAME": "file"}


def test_a_dollar_sign_in_a_value_is_just_that(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    target.write_text("PASSWORD=a$HOME${x}\n")
    assert read_env_file(target) == {"PASSWORD": "a$HOME${x}"}


def test_the_committed_example_asks_for_every_secret_and_holds_none() -> None:
    example = read_env_file(EXAMPLE_FILE)
    secrets = ["API_JWT_SECRET", "API_TEST_USER_PASSWORD", "POSTGRES_PASSWORD", "GRAFANA_ADMIN_PASSWORD"]
    assert [example[key] for key in secrets] == [""] * 4


@pytest.mark.real
def test_the_command_names_keys_and_never_a_value(tmp_path: Path, example: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from swarmscope.project import env_file as e\n"
        "e.ensure_env_file.__defaults__ = (Path(sys.argv[1]), Path(sys.argv[2])); sys.exit(e.main())"
    )
    command = [sys.executable, "-c", code, str(example), str(tmp_path / ".env")]
    outputs = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert outputs == [".env: set SECRET_ONE, SECRET_TWO, PORT\n", ""]


def test_the_caller_is_written_by_number_when_the_file_is_made_and_when_the_key_is_new(tmp_path: Path) -> None:
    example = tmp_path / ".env.example"
    example.write_text("OWNER=<caller>\nSECRET=\n")
    (tmp_path / "older").write_text("SECRET=kept\n")
    for target in (tmp_path / "new", tmp_path / "older"):
        ensure_env_file(example, target)
        assert read_env_file(target)["OWNER"] == f"{os.getuid()}:{os.getgid()}"
    assert read_env_file(tmp_path / "older")["SECRET"] == "kept"


def test_a_process_that_runs_a_locustfile_gets_the_users_password_and_no_other_secret() -> None:
    made = {key for key, value in read_env_file(EXAMPLE_FILE).items() if not value}
    assert made - SECRETS == {"API_TEST_USER_PASSWORD"}, "each new secret is either the users' or kept from them"
    variables = dict.fromkeys((*SECRETS, "API_TEST_USER_PASSWORD", "LOADTEST_USER_PASSWORD", "MY_OWN_KEY"), "x")
    assert set(without_secrets(variables)) == {"API_TEST_USER_PASSWORD", "LOADTEST_USER_PASSWORD", "MY_OWN_KEY"}
