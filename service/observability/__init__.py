"""What an operator sees: metrics, log lines, and how far texts have drifted."""
