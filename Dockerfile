# One image for `astro dev`, Kubernetes and CI. The layout is Astro's: dags/, include/, plugins/.
# Astro users pass --build-arg AIRFLOW_IMAGE=quay.io/astronomer/astro-runtime:<the 2.11 line>-base;
# Airflow 3 passes AIRFLOW_IMAGE=apache/airflow:3.3.2-python3.11, REQUIREMENTS=requirements-airflow3.txt and
# CONSTRAINTS=constraints-airflow3.txt.
ARG AIRFLOW_IMAGE=apache/airflow:2.11.2-python3.11
FROM ${AIRFLOW_IMAGE}

ARG REQUIREMENTS=requirements.txt
ARG CONSTRAINTS=constraints.txt
COPY requirements*.txt constraints*.txt /tmp/
RUN pip install --no-cache-dir -r /tmp/${REQUIREMENTS} -c /tmp/${CONSTRAINTS}

COPY --chown=airflow:0 dags ${AIRFLOW_HOME}/dags
COPY --chown=airflow:0 include ${AIRFLOW_HOME}/include
COPY --chown=airflow:0 plugins ${AIRFLOW_HOME}/plugins

ENV PYTHONPATH=${AIRFLOW_HOME} \
    AIRFLOW__COSMOS__ENABLE_TELEMETRY=False

# Retention and privacy are declared in the models: Airflow reads them from dbt's manifest, so the image carries it.
RUN dbt parse --project-dir include/dbt --profiles-dir include/dbt
