"""A DAG that is started when a watcher finds that referees have answered."""

from airflow.sdk import Asset, AssetWatcher, dag, task

from airflow_talent.triggers.vitay import VitayReferencesFilledEventTrigger

NAME = "vitay://vitay_default/references/filled-in-tests"

ANSWERS = Asset(
    name=NAME,
    uri=NAME,
    watchers=[
        AssetWatcher(
            name="answers",
            trigger=VitayReferencesFilledEventTrigger(
                conn_id="vitay_default", interval=1, asset=NAME
            ),
        )
    ],
)


@dag(schedule=[ANSWERS])
def watched_references():
    @task
    def found(triggering_asset_events=None):
        events = triggering_asset_events[ANSWERS]
        told = [event.extra["payload"]["talent_event"] for event in events]
        return [record["reference_id"] for event in told for record in event["records"]]

    found()


watched_references()
