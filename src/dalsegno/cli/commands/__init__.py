"""The commands, a module for each group of them. Each turns words into one call of the Client and shows what it gives."""
