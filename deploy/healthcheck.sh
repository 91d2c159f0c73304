#!/usr/bin/env bash
# Says whether the part of Airflow that this container runs is alive (the Dockerfile's HEALTHCHECK).
set -euo pipefail

port="${HEALTH_PORT:-8080}"
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    # The web server of Airflow 2, or the API server of Airflow 3.
    for path in api/v2/monitor/health health; do
        if python -c "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=10)" \
            "http://127.0.0.1:$port/$path" 2>/dev/null; then
            exit 0
        fi
    done
    echo "Nothing healthy answers on port $port." >&2
    exit 1
fi
# Scheduler, triggerer and DAG processor write their heartbeat to the metadata database.
exec airflow jobs check --local
