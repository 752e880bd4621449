//! Key-value stores with snapshot reads and atomic, durable batches.
