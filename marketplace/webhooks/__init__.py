"""What an organisation may hear of: its feed of events, and having them sent to an address of its own."""
