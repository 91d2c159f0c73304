"""Looker and Tableau on gold, written from the models' contracts and the metrics: ``make bi``."""
