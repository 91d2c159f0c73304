"""The warehouse watches itself: checks of whole tables, scores, healing, quarantine and a report."""
