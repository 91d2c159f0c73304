#!/usr/bin/env bash
# Brings this project to a Cloud Composer environment. CI and people call it alike (docs/deployment.md).
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: deploy/composer.sh [--dry-run] COMMAND...

  packages   compare requirements.txt with the image's packages, then install it
  sync       copy dags/, include/, plugins/ and dbt's manifest to the environment's bucket
  smoke      fail where Airflow cannot import a DAG
  all        packages, sync and smoke

  --dry-run  say what would be done, change nothing

Environment:
  COMPOSER_ENVIRONMENT, COMPOSER_LOCATION   the environment (`terraform output`)
  COMPOSER_PROJECT                          its project, if it is not gcloud's own
  COMPOSER_BUCKET                           its bucket, if it is not to be looked up; may be a local directory
  COMPOSER_PACKAGES                         file with its image's packages, if they are not to be asked for
  PYTHON                                    Python with this project's packages (.venv/bin/python)
  REQUIREMENTS                              requirements.txt, or requirements-airflow3.txt for an Airflow 3 image
USAGE
}

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
python="${PYTHON:-$root/.venv/bin/python}"
dry_run=""
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

say() { echo "── $*"; }

fail() {
    echo "$*" >&2
    exit 1
}

# Run a command that changes something, or only say it.
run() {
    if [[ -n "$dry_run" ]]; then
        printf 'would run:'
        printf ' %q' "$@"
        printf '\n'
    else
        "$@"
    fi
}

environment_flags() {
    [[ -n "${COMPOSER_ENVIRONMENT:-}" && -n "${COMPOSER_LOCATION:-}" ]] ||
        fail "Set COMPOSER_ENVIRONMENT and COMPOSER_LOCATION: \`terraform output\` in deploy/terraform shows them."
    flags=("$COMPOSER_ENVIRONMENT" "--location=$COMPOSER_LOCATION")
    [[ -z "${COMPOSER_PROJECT:-}" ]] || flags+=("--project=$COMPOSER_PROJECT")
}

# Run an Airflow command in the environment: airflow COMMAND SUBCOMMAND [ARGUMENT...]
airflow() {
    local command="$1" subcommand="$2"
    shift 2
    run gcloud composer environments run "${flags[@]}" "$command" "$subcommand" ${1:+-- "$@"}
}

# Make a folder hold what another one holds and nothing else: mirror FROM TO [REGULAR EXPRESSION OF WHAT TO LEAVE ALONE]
mirror() {
    if [[ "$2" == gs://* ]]; then
        # A checkout's file times say nothing.
        run gcloud storage rsync "$1" "$2" --recursive --checksums-only --delete-unmatched-destination-objects \
            ${3:+--exclude="$3"}
    else
        run mirror_here "$@"
    fi
}

mirror_here() {
    mkdir -p "$2"
    find "$2" -type f -printf '%P\n' | { grep -Ev "${3:-^$}" || true; } | while IFS= read -r file; do
        [[ -e "$1/$file" ]] || rm "$2/$file"
    done
    cp -a "$1/." "$2/"
}

packages() {
    say "packages: requirements.txt, pinned by constraints.txt"
    environment_flags
    local image="${COMPOSER_PACKAGES:-$work/image.txt}"
    [[ -n "${COMPOSER_PACKAGES:-}" ]] ||
        gcloud composer environments list-packages "${flags[@]}" >"$image" ||
        fail "The environment does not list its packages. Copy the list of its image from Google's page «Preinstalled packages changelog» into a file and name that file by COMPOSER_PACKAGES."
    "$python" "$root/deploy/check_composer_constraints.py" "$image" \
        --requirements "${REQUIREMENTS:-$root/requirements.txt}" --write "$work/packages.txt"
    [[ -s "$work/packages.txt" ]] || return 0
    # Takes some minutes: Composer builds an image with them. Where that fails, the old packages stay.
    run gcloud composer environments update "${flags[@]}" --update-pypi-packages-from-file="$work/packages.txt"
}

sync() {
    local bucket="${COMPOSER_BUCKET:-}" stage="$work/stage" manifest="$root/include/dbt/target/manifest.json"
    if [[ -z "$bucket" ]]; then
        environment_flags
        bucket="$(gcloud composer environments describe "${flags[@]}" --format="value(config.dagGcsPrefix)")"
        bucket="${bucket%/dags}"
    fi
    say "sync: $(git -C "$root" describe --always --dirty 2>/dev/null || echo "this folder") → $bucket"

    # Retention and privacy are read from the manifest; a stale one would hold yesterday's.
    make --silent --directory "$root" manifest
    [[ -f "$manifest" ]] || fail "$manifest is missing: run \`make manifest\`."

    # Composer has dags/ and plugins/ only, and puts both on Python's path: include/ goes beside the DAGs.
    mkdir -p "$stage"
    tar -C "$root" --exclude=__pycache__ --exclude=include/dbt/target --exclude=include/dbt/logs \
        -cf - dags plugins include | tar -C "$stage" -xf -
    mkdir -p "$stage/include/dbt/target"
    cp "$manifest" "$stage/include/dbt/target/"
    # include/ holds no DAG: Airflow must not look for some there.
    echo "include/" >"$stage/dags/.airflowignore"

    # What DAGs import first, the DAGs last. Composer's own DAG stays.
    mirror "$stage/plugins" "$bucket/plugins"
    mirror "$stage/include" "$bucket/dags/include"
    mirror "$stage/dags" "$bucket/dags" '^include/.*|^airflow_monitoring\.py$'
}

# Whether the environment runs Airflow 3, in which `gcloud composer environments run` takes no command.
is_airflow_3() { [[ "${REQUIREMENTS:-}" == *airflow3* ]]; }

# Print what Airflow's REST API says: api PATH
api() {
    local address token
    address="$(gcloud composer environments describe "${flags[@]}" --format="value(config.airflowUri)")"
    token="$(gcloud auth print-access-token)"
    # The token by standard input: arguments can be read by others on this machine.
    curl --silent --show-error --fail --header @- "$address/api/v2/$1" <<<"Authorization: Bearer $token"
}

smoke() {
    say "smoke: every DAG can be imported"
    environment_flags
    if is_airflow_3; then
        [[ -z "$dry_run" ]] || return 0
        sleep "${COMPOSER_SYNC_SECONDS:-120}"
        api importErrors | "$python" -c '
import json, sys
errors = json.load(sys.stdin)["import_errors"]
for error in errors:
    print(error["filename"], error["stack_trace"], sep="\n")
sys.exit(bool(errors))' || fail "Airflow cannot import every DAG, or its API did not answer (above). Correct it, or go back: docs/deployment.md, «Roll back»."
        return 0
    fi
    if [[ -n "$dry_run" ]]; then
        airflow dags list-import-errors
        return
    fi
    # The bucket reaches Airflow's machines within a minute or so.
    sleep "${COMPOSER_SYNC_SECONDS:-120}"
    local answer
    answer="$(airflow dags list-import-errors)" || true
    echo "$answer"
    grep -q "No data found" <<<"$answer" ||
        fail "Airflow cannot import every DAG (above). Correct it, or go back: docs/deployment.md, «Roll back»."
}

commands=()
for argument in "$@"; do
    case "$argument" in
        --dry-run) dry_run=yes ;;
        packages | sync | smoke) commands+=("$argument") ;;
        all) commands+=(packages sync smoke) ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            usage >&2
            fail "Unknown command: $argument"
            ;;
    esac
done
[[ ${#commands[@]} -gt 0 ]] || {
    usage >&2
    exit 1
}
for command in "${commands[@]}"; do
    "$command"
done
