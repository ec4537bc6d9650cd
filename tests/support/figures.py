"""What a test of a fault found, in one line for the record."""


def tell(fault: str, promise: str, figure: str) -> None:
    """Print a fault, what is promised under it, and what was measured."""
    print(f"fault: {fault}  promise: {promise}  figure: {figure}")
