#!/usr/bin/env sh
# Where the real image has its own: whoever wraps it in a command can wrap the double as well.
exec python -m qdrant_double "$@"
