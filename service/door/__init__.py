"""What is known of a request before a thread takes it, and what follows from that."""
