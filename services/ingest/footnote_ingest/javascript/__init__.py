"""JavaScript and TypeScript, read and never run: what a configuration says, as far as its syntax tells."""
