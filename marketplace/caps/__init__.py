"""Limits on what an organisation commits: hard caps, and amounts above which a second person has to approve."""
