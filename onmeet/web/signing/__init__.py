"""Getting into an account: confirming its address, signing in, forgotten passwords, another address."""
