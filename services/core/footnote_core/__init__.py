"""What the ingest job and the API share: models, settings, errors, embedders and the index."""

__version__ = "0.1.0"
