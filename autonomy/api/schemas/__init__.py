"""What the API takes and gives, a module for each noun. Field names are part of the contract; see
docs/api.md."""
