"""One hook per destination, each speaking that destination's real API."""
