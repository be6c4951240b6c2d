"""``python -m qdrant_double``: serve, configured by the environment names of the real server."""

import os
from pathlib import Path

import uvicorn

from qdrant_double.app import create_app
from qdrant_double.store import Store


def main() -> None:
    """Serve until SIGTERM; the storage directory keeps everything between runs."""
    env = os.environ
    store = Store(Path(env.get("QDRANT__STORAGE__STORAGE_PATH", "./storage")))
    uvicorn.run(
        create_app(store, api_key=env.get("QDRANT__SERVICE__API_KEY") or None),
        host=env.get("QDRANT__SERVICE__HOST", "0.0.0.0"),
        port=int(env.get("QDRANT__SERVICE__HTTP_PORT", "6333")),
        log_level="warning",
        timeout_graceful_shutdown=5,
    )


main()
