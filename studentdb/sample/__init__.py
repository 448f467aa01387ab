"""Made-up data to try things with."""
