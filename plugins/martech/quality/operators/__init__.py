"""One operator per step of the quality DAG."""
