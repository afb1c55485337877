"""Who may come in to a server, and what each may do there."""
