# One image for `astro dev`, Kubernetes and CI. The layout is Astro's: dags/, include/, plugins/.
#
# Astro Runtime on Airflow 2: AIRFLOW_IMAGE=quay.io/astronomer/astro-runtime:<release of 2.11>-base
# Astro Runtime on Airflow 3: AIRFLOW_IMAGE=astrocrpublic.azurecr.io/runtime:<release of 3.3>-base
# Airflow 3 without Astro:    AIRFLOW_IMAGE=apache/airflow:3.3.2-python3.11
# All on Airflow 3 also pass REQUIREMENTS=requirements-image-airflow3.txt.
ARG AIRFLOW_IMAGE=apache/airflow:2.11.2-python3.11
FROM ${AIRFLOW_IMAGE}

# All that requirements.txt pulls in, with hashes: pip does not read those of a constraints file. The list is complete, so
# pip need not look for more.
ARG REQUIREMENTS=requirements-image.txt
COPY requirements-image.txt requirements-image-airflow3.txt /tmp/
RUN pip install --no-cache-dir --no-deps --require-hashes -r /tmp/${REQUIREMENTS}

# By number: the user is called airflow in Airflow's images and astro in Astro's, and is 50000 in both.
COPY --chown=50000:0 dags ${AIRFLOW_HOME}/dags
COPY --chown=50000:0 include ${AIRFLOW_HOME}/include
COPY --chown=50000:0 plugins ${AIRFLOW_HOME}/plugins
COPY --chown=50000:0 deploy/healthcheck.sh ${AIRFLOW_HOME}/healthcheck.sh

WORKDIR ${AIRFLOW_HOME}
ENV PYTHONPATH=${AIRFLOW_HOME} \
    AIRFLOW__COSMOS__ENABLE_TELEMETRY=False

# Retention and privacy are declared in the models: Airflow reads them from dbt's manifest, so the image carries it.
RUN python -m dbt.cli.main parse --project-dir include/dbt --profiles-dir include/dbt

# Docker's own; Kubernetes has probes instead.
HEALTHCHECK --interval=60s --timeout=30s --start-period=120s CMD ["bash", "healthcheck.sh"]
