"""GoogleSQL's own analyzer in front of the embedded warehouse: what BigQuery refuses, it refuses.

PyPI's ``zetasql`` is Google's open-source front end of GoogleSQL, BigQuery's parser and resolver, compiled to
WebAssembly. From a statement's text to its refusal:

=====================  ================================================================================
``engine``             the compiled module, and calls to it
``types``              BigQuery's types as text, as REST fields, and as the analyzer's protobufs
``shapes``             what the analyzer knows of a table: columns, partitioning, kind
``tree``               walks over the analyzer's two trees, parsed and resolved
``language``           the features of GoogleSQL that BigQuery has
``analyzer``           one statement: its names and types, against the shapes of the tables that it names
``script``             a script, statement by statement, with variables and temporary tables
``changes``            what a resolved statement makes of the tables
``partition_filters``  tables that are read without the filter they require
``rules``              what BigQuery's engine refuses although the analyzer accepts it
``ddl_rules``          limits of DDL: options, labels, partitioning, clustering
``verdicts``           statements that passed before, so that reruns cost nothing
``passed``             what a job that passed does
``warehouse``          the tables of the embedded warehouse
``gate``               all of it before each job of the embedded warehouse
``values``             results of GoogleSQL's reference engine, to compare with
``compiler``           a BigQuery that only compiles, for dbt's production target
=====================  ================================================================================
"""
