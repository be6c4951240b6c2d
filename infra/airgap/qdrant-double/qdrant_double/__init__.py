"""A test double for Qdrant's REST API. It is not Qdrant.

It serves what an unmodified ``qdrant_client`` needs for a documentation index, for machines that
cannot pull the server's image. Storage, search and error texts come from Qdrant's own engine
(``qdrant-edge-py``), the envelope and status codes are written here, and whatever is not served
answers 501 instead of pretending.
"""
