"""What `tests.bench.relay` is made of: a lecture, its publisher, its viewers, and the servers they meet."""
