"""Who is who: what people decide about source records."""
