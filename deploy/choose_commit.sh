#!/usr/bin/env bash
# Writes `sha=COMMIT`, the commit to deploy now, or `sha=` for none (.github/workflows/deploy.yml).
#
# EVENT  workflow_run (its tests are green), schedule, or workflow_dispatch (by hand, at any time)
# SHA    the commit of the event
# NOW    time of day, UTC, as HHMM; the clock's if unset
set -euo pipefail

now="${NOW:-$(date -u +%H%M)}"
case "$EVENT" in
    workflow_run)
        # A task takes the code that is there when it starts: a run must not take half of the old and half of the new.
        if ((10#$now >= 30 && 10#$now < 800)); then
            echo "The nightly run is on until 08:00 UTC: $SHA goes at 08:10." >&2
            SHA=""
        fi
        ;;
    schedule)
        SHA="$(gh run list --workflow ci --branch main --event push --status success --limit 1 --json headSha --jq '.[].headSha')"
        ;;
    workflow_dispatch) ;;
    *)
        echo "EVENT=$EVENT: it is workflow_run, schedule or workflow_dispatch." >&2
        exit 1
        ;;
esac
echo "sha=$SHA"
