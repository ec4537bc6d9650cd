"""What a recipe says, how it is read, written and changed; and those that ship."""
