"""The store of media: content-addressed blobs on disk or in an object store."""
