"""Who is who: what people decide about source records, and weights fitted to the warehouse."""
