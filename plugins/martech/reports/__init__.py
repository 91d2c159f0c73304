"""HTML pages that open in any browser: charts, style, and the folder that they are written to."""
