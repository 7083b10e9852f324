"""What runs inside the sandbox: loads the user's module, describes its operations, calls them."""
