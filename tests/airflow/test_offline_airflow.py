from __future__ import annotations

from pathlib import Path

from airflow_talent.tests.offline import OfflineAirflow

DAG = """
from airflow.sdk import dag, task

@dag(schedule=None, params={"number": 1})
def double():
    @task
    def work(params=None):
        return 2 * params["number"]
    work()

double()
"""


def test_a_dag_runs_to_its_end_in_this_process(
    offline_airflow: OfflineAirflow, tmp_path: Path
) -> None:
    (tmp_path / "double.py").write_text(DAG)
    offline_airflow.add_dags(tmp_path / "double.py")

    run = offline_airflow.run("double", {"number": 21})

    assert run.state == "success"
    assert run.get_task_instance("work").xcom_pull(task_ids="work") == 42
