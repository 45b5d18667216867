"""A DAG that is started when a watcher finds that referees have answered."""

from datetime import timedelta

from airflow.sdk import dag, task

from airflow_talent.assets import vitay

ANSWERS = vitay.references_filled.watched("vitay_watched", every=timedelta(seconds=1))


@dag(schedule=[ANSWERS])
def watched_references():
    @task
    def found(triggering_asset_events=None):
        events = triggering_asset_events[ANSWERS]
        told = [event.extra["payload"]["talent_event"] for event in events]
        return [record["reference_id"] for event in told for record in event["records"]]

    found()


watched_references()
