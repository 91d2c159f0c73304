"""Measures identity resolution: on the sample sources' truth, and on any labelled CSV of persons."""
