"""The manual's settings table and `.env.example`, rendered from `Settings`.

`python -m tests.support.settings_docs` writes both; a test compares them with what is committed.
"""

from pathlib import Path, PurePath

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from footnote_core.settings import Settings

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "services/web/docs/settings.md"
ENV_EXAMPLE = ROOT / ".env.example"
BEGIN, END = "{/* settings:begin */}", "{/* settings:end */}"

_PREAMBLE = """\
# Settings of Footnote. Copy this file to `.env` and uncomment what you change; nothing is required.
# A variable of the real environment wins over this file. An unknown FOOTNOTE_* name stops the start.
# Any secret X may be given as X_FILE, the path of a file that holds it.
"""


def default_text(field: FieldInfo) -> str:
    """The default as it would be written in the environment; empty where there is none."""
    match field.default:
        case None:
            return ""
        case bool() as flag:
            return str(flag).lower()
        case SecretStr() as secret:
            return secret.get_secret_value()
        case PurePath() as path:
            return path.as_posix()
        case tuple() as values:
            return ",".join(values)
        case other:
            return str(other)


def table() -> str:
    """The rows of the manual's table: name, default, meaning."""
    rows = ["| name | default | meaning |", "|---|---|---|"]
    for field in Settings.model_fields.values():
        default = default_text(field)
        shown = f"`{default}`" if default else "–"
        rows.append(
            f"| `{field.alias}` | {shown} | {(field.description or '').replace('|', chr(92) + '|')} |"
        )
    return "\n".join(rows)


def manual(text: str) -> str:
    """The page `text` with a fresh table between its two markers."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def env_example() -> str:
    """Every setting commented out with its default, its meaning above it."""
    entries = (f"# {f.description}\n#{f.alias}={default_text(f)}\n" for f in Settings.model_fields.values())
    return "\n".join((_PREAMBLE, *entries))


if __name__ == "__main__":
    MANUAL.write_text(manual(MANUAL.read_text(encoding="utf-8")), encoding="utf-8")
    ENV_EXAMPLE.write_text(env_example(), encoding="utf-8")
