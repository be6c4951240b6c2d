"""How a site reads its Markdown: the part of its configuration that decides headings and text."""

import re
from dataclasses import dataclass
from typing import Literal

Format = Literal["mdx", "md"]

_USES_MDX = re.compile(r"^(?:import|export)[ {*]|<(?:[A-Z]|>)|\{/\*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What Docusaurus takes from `markdown` of the site's configuration.

    format          `detect` goes by the file's ending; None where it is not known, as in a plain folder
    maintain_case   ids keep capitals
    comment_ids     `## Title <!-- #id -->` gives an id in plain Markdown
    spaced_titles   `:::note Title` is an admonition, not only `:::note[Title]`
    footnote_label  heading of the footnotes below a page
    """

    format: Literal["mdx", "md", "detect"] | None = None
    maintain_case: bool = False
    comment_ids: bool = False
    spaced_titles: bool = True
    footnote_label: str = "Footnotes"

    def format_of(self, name: str, chosen: str | None, text: str) -> Format:
        """How a file is read.

        chosen  front matter `mdx.format`
        text    tells what `.md` is where nothing else does
        """
        asked = chosen or self.format
        if asked in ("md", "mdx"):
            return "md" if asked == "md" else "mdx"
        if name.endswith(".mdx"):
            return "mdx"
        if asked is None:
            return "mdx" if _USES_MDX.search(text) else "md"
        return "md"
