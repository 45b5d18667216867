"""One export, told by the run what and where."""

from airflow.sdk import dag

from airflow_talent.operators.vitay import VitayExportOperator


@dag(schedule=None, params={"path": "", "page": 1, "size": 100})
def export_references():
    VitayExportOperator(
        task_id="export",
        index="list_references",
        path="{{ params.path }}",
        arguments={"page": "{{ params.page }}", "page_size": "{{ params.size }}"},
        retries=0,
    )


export_references()
