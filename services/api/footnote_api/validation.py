"""What validation found wrong, as failures of ours: fields are named, values never echoed (pure)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from footnote_core.errors import BadRequest, FootnoteError, RequestInvalid

_PLACES = ("body", "query", "path", "header")
_MOST = 20
_SAID_INSTEAD = {"union_tag_invalid": "Its type is none of those that there are"}
"""For what pydantic says by quoting what was sent."""
_NO_OBJECT = "It must be a JSON object, sent with the header content-type: application/json"


def failure_of(error: ValidationError) -> FootnoteError:
    """The failure for what pydantic raised."""
    return failure_for(error.errors(include_url=False, include_input=False, include_context=False))


def failure_for(found: Sequence[Mapping[str, Any]]) -> FootnoteError:
    """BadRequest where the body is not JSON at all, else RequestInvalid."""
    if any(entry["type"] == "json_invalid" for entry in found):
        return BadRequest("The request body is not valid JSON.")
    details = [
        {
            "field": _field(entry["loc"]),
            "problem": _NO_OBJECT
            if (entry["type"], *entry["loc"]) == ("model_attributes_type", "body")
            else _SAID_INSTEAD.get(entry["type"], entry["msg"]),
            "type": entry["type"],
        }
        for entry in found[:_MOST]
    ]
    first = details[0]
    where = f"{first['field']}: " if first["field"] else ""
    return RequestInvalid(f"The request is not valid. {where}{first['problem']}.", details)


def _field(location: Sequence[str | int]) -> str:
    """`("body", "history", 0, "role")` as `history.0.role`."""
    parts = location[1:] if location and location[0] in _PLACES else location
    return ".".join(str(part) for part in parts)
