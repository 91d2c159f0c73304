from airflow.configuration import conf as conf
