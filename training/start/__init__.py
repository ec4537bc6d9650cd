"""What a training begins with: the data, encoded, and the network."""
