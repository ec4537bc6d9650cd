"""Models on disk: written whole, checked at every load, and one of them current."""
