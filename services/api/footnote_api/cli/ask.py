"""`footnote-ask "question"`: one answer with numbered footnotes, on the terminal."""

import argparse
import json
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

from footnote_api.cli.client import ApiClient, default_address
from footnote_core.errors import ConfigurationError, FootnoteError


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit codes: 0 answered, also by saying that the docs do not; 1 the API failed; 2 settings wrong."""
    parser = argparse.ArgumentParser(
        prog="footnote-ask", description="Ask the running API one question and print the answer."
    )
    parser.add_argument("question")
    parser.add_argument("--api", metavar="URL", help="address of the API (default: this machine)")
    parser.add_argument("--json", action="store_true", help="print the API's whole answer as JSON")
    options = parser.parse_args(arguments)
    try:
        with ApiClient(options.api or default_address()) as api:
            answer = api.ask(options.question)
    except FootnoteError as error:
        sys.stderr.write(f"{error.message}\n")
        raise SystemExit(2 if isinstance(error, ConfigurationError) else 1) from error
    sys.stdout.write(
        json.dumps(answer, ensure_ascii=False, indent=2) + "\n" if options.json else rendered(answer)
    )


def rendered(answer: dict[str, Any]) -> str:
    """The answer and its footnotes as text; the closest sections where there is no answer."""
    lines = [answer["answer"], ""]
    if answer["notice"]:
        lines += [f"Note: {answer['notice']}", ""]
    for citation in answer["citations"]:
        trail = " › ".join(part for part in (citation["title"], citation["heading"]) if part)
        quote = textwrap.shorten(citation["quote"], 100, placeholder="…")
        lines += [f"[{citation['index']}] {trail}", f"    {citation['url']}", f"    “{quote}”"]
    if answer["nearest"]:
        lines.append("Closest sections:")
    for section in answer["nearest"]:
        trail = " › ".join(part for part in (section["title"], section["heading"]) if part)
        lines.append(f"  {trail}  {section['url']}")
    return "\n".join(lines).rstrip() + "\n"
