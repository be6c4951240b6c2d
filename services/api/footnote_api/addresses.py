"""Absolute addresses of what is cited, escaped as a browser would (pure)."""

import re
from functools import lru_cache
from urllib.parse import quote

_PATH = "/!$%&'()*+,:;=@[]|"
_FRAGMENT = _PATH + "?#^{}"
"""Characters that browsers leave as they are, besides letters, digits and `-._~`."""

_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def absolute(site_url: str, link: str) -> str:
    """The address of `link`, a raw route with or without a fragment, on the site.

    Routes and ids are kept raw up to here: this is where they are escaped, once. Escapes that an
    author wrote stay as they are.
    """
    path, mark, fragment = link.partition("#")
    return site_url + _escape(path, _PATH) + mark + _escape(fragment, _FRAGMENT)


@lru_cache(8_192)
def _escape(text: str, kept: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", text), safe=kept)
