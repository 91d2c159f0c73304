"""Which days each step of the chain works on: kept in the warehouse, chosen by what is there."""
