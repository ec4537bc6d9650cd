"""What an operator sees: numbers, log lines, and how far texts have drifted."""
