"""From a text to token ids."""
