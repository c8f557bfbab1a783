"""Who owns a holder's company, in the Open Cap Format, and what an investment does to it."""
