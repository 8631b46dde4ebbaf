-- One row for each piece of work that waits or runs: the table of db-scheduler, as its documentation has it for PostgreSQL. A row that is picked and has no heartbeat is taken over by another node.

CREATE SCHEMA IF NOT EXISTS jobs;

CREATE TABLE jobs.work (
    task_name            text        NOT NULL,
    task_instance        text        NOT NULL,
    task_data            bytea,
    execution_time       timestamptz NOT NULL,
    picked               boolean     NOT NULL,
    picked_by            text,
    last_success         timestamptz,
    last_failure         timestamptz,
    consecutive_failures integer,
    last_heartbeat       timestamptz,
    version              bigint      NOT NULL,
    priority             smallint,
    PRIMARY KEY (task_name, task_instance)
);
CREATE INDEX work_execution ON jobs.work (execution_time);
CREATE INDEX work_heartbeat ON jobs.work (last_heartbeat);
