"""Commands that talk to a running API."""
