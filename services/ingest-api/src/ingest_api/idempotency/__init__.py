"""One slice: a request that comes again with the same `Idempotency-Key` is the same request."""
