"""What the documents say is so: the settings table, the pictures and files they name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.running import COMMAND
from web.settings import PREFIX, SECRETS, Settings

ROOT = Path(__file__).parent.parent


def settings_table() -> str:
    lines = ["| variable | flag | default | what |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = "" if name in SECRETS or default in ("", None, False) else f"`{default}`"
        flag = "" if name in ENVIRONMENT_ONLY else f"`--{name.replace('_', '-')}`"
        lines.append(f"| `{PREFIX}{name.upper()}` | {flag} | {shown} | {field.description} |")
    return "\n".join(lines)


ENVIRONMENT_ONLY = {
    "media_nodes",
    "metrics_token",
    "database_url",
    "redis_url",
    "storage_url",
    "secret",
    "oidc_issuer",
    "oidc_client_id",
    "oidc_client_secret",
    "oidc_name",
    "site_hosts",
    "trusted_proxies",
    "smtp_url",
    "payments",
    "mail_from",
}


def test_the_readme_lists_every_setting_as_it_is() -> None:
    assert settings_table() in (ROOT / "README.md").read_text(encoding="utf-8"), settings_table()


def test_every_flag_of_the_table_exists() -> None:
    shown = subprocess.run([COMMAND, "serve", "--help"], capture_output=True, text=True, check=True).stdout
    for name in Settings.model_fields:
        if name not in ENVIRONMENT_ONLY:
            assert f"--{name.replace('_', '-')}" in shown


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("*/*.md")), ids=lambda path: path.parent.name)
def test_documents_name_files_that_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(((?!https?:)[^)#]+)\)", text)
    missing = [link for link in links if not (document.parent / link).exists()]
    assert not missing


COMMANDS = (
    *("serve", "lessons", "token", "recordings", "attendance", "media-worker", "jobs", "backup", "restore"),
    *("db upgrade", "user add", "site open", "catalogue import"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_contract_explains_itself(command: str) -> None:
    shown = subprocess.run(
        [sys.executable, COMMAND, *command.split(), "--help"], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    assert "Example" in shown


def test_the_compose_file_is_whole_for_the_default_shape() -> None:
    """Parsed as YAML and held against what it names: settings that exist, files that are there, volumes that are declared."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    default = compose["services"]["classroom"]
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(default["environment"]) <= known
    assert default["healthcheck"]["test"][0] == "CMD"
    assert "/readyz" in default["healthcheck"]["test"][-1]
    volumes = [volume.partition(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])]
    assert set(volumes) == set(compose["volumes"])
    for line in default["build"]["dockerfile_inline"].splitlines():
        if line.startswith("COPY "):
            assert all((ROOT / source).exists() for source in line.split()[1:-1]), line
    assert [name for name, service in compose["services"].items() if "profiles" not in service] == ["classroom"]
