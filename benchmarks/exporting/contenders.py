"""One export by one contender, in a process of its own; tells what it took as JSON.

It exports one page first, so that imports and whatever else is made once are not measured.

Its arguments: the contender, the vendor, the server's address, the rows, the folder to write
to, and the extra of the connection as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

PAGE_SIZE = 100
CONNECTIONS = 16

Run = Callable[[], object]


def ours(vendor: str, url: str, folder: Path, extra: str) -> Run:
    """The operator as a task runs it."""
    login, password = CREDENTIALS[vendor]
    connection = {
        "conn_type": vendor,
        "host": url,
        "login": login,
        "password": password,
        "extra": json.loads(extra),
    }
    os.environ[f"AIRFLOW_CONN_{vendor.upper()}_DEFAULT"] = json.dumps(connection)
    step = make_step(vendor, (folder / "rows.jsonl").as_uri())
    # Not ``execute``, which complains when it is not Airflow's task runner that calls it.
    return lambda: step.act({})


def make_step(vendor: str, path: str) -> Any:
    if vendor == "vitay":
        from airflow_talent.operators.vitay import VitayExportOperator

        return VitayExportOperator(task_id="export", index="list_candidates", path=path)
    if vendor == "riminder":
        from airflow_talent.operators.riminder import RiminderExportProfilesOperator

        return RiminderExportProfilesOperator(task_id="export", path=path)
    from airflow_talent.operators.rezora import RezoraExportOperator

    return RezoraExportOperator(task_id="export", index="list_contacts", path=path)


CREDENTIALS = {
    "vitay": ("root@emulator.test", "emulator-password"),
    "riminder": ("", "ask_" + "0" * 32),
    "rezora": ("demo-agent", "demo-secret"),
}


def by_dlt(vendor: str, url: str, folder: Path, extra: str) -> Run:
    """dlt's own source for REST APIs, told as little to do as it can be."""
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "DATA_WRITER__DISABLE_COMPRESSION": "true",
        "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
    }
    # Not by name, since it is there only with the extra ``bench``.
    dlt: Any = import_module("dlt")
    rest_api: Any = import_module("dlt.sources.rest_api")

    index = INDEXES[vendor]
    source = rest_api.rest_api_source(
        {
            "client": {
                "base_url": url,
                "headers": {"Authorization": "Bearer opaque"},
                "paginator": {
                    "type": "page_number",
                    "base_page": 1,
                    "page_param": index["page"],
                    "total_path": index["pages"],
                },
            },
            "resources": [
                {
                    "name": "rows",
                    "max_table_nesting": 0,
                    "endpoint": {
                        "path": index["path"].lstrip("/"),
                        "data_selector": index["records"],
                        "params": {index["size"]: PAGE_SIZE},
                    },
                }
            ],
        }
    )
    pipeline = dlt.pipeline(
        f"export_{folder.name}",
        pipelines_dir=str(folder / "work"),
        destination=dlt.destinations.filesystem(bucket_url=(folder / "out").as_uri()),
        dataset_name="export",
    )
    return lambda: pipeline.run(source, loader_file_format="jsonl").raise_on_failed_jobs()


def bare(vendor: str, url: str, folder: Path, extra: str) -> Run:
    """httpx, JSON in, lines out; each page is written when it comes, in no order."""
    import httpx

    index = INDEXES[vendor]
    folder.mkdir()
    keys = index["records"].split(".")
    rows = int(httpx.URL(url).path.split("/")[1])

    async def fetch_all() -> None:
        turn = asyncio.Semaphore(CONNECTIONS)
        limits = httpx.Limits(max_connections=CONNECTIONS)
        with (folder / "rows.jsonl").open("w") as file:
            async with httpx.AsyncClient(limits=limits, timeout=60) as client:

                async def fetch(number: int) -> None:
                    query = {index["page"]: number, index["size"]: PAGE_SIZE}
                    async with turn:
                        found = (await client.get(f"{url}{index['path']}", params=query)).json()
                    for key in keys:
                        found = found[key]
                    for record in found:
                        file.write(json.dumps(record) + "\n")

                await asyncio.gather(*map(fetch, range(1, rows // PAGE_SIZE + 1)))

    return lambda: asyncio.run(fetch_all())


INDEXES = {
    "vitay": {
        "path": "/v3/candidates",
        "records": "data",
        "pages": "pagination.total_pages",
        "page": "page[page]",
        "size": "page[page_size]",
    },
    "riminder": {
        "path": "/profiles",
        "records": "data.profiles",
        "pages": "data.maxPage",
        "page": "page",
        "size": "limit",
    },
}

CONTENDERS = {"export": ours, "dlt": by_dlt, "bare": bare}


def peak_memory() -> int:
    """Bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(contender: str, vendor: str, url: str, rows: str, folder: str, extra: str) -> None:
    make = CONTENDERS[contender]
    make(vendor, f"{url}/{PAGE_SIZE}", Path(folder) / "first", extra)()
    run = make(vendor, f"{url}/{rows}", Path(folder) / "rows", extra)
    before = peak_memory()
    cpu = time.process_time()
    started = time.perf_counter()
    run()
    facts = {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "before": before,
        "peak": peak_memory(),
        "rows": count_rows(Path(folder) / "rows"),
    }
    print(json.dumps(facts), flush=True)


def count_rows(folder: Path) -> int:
    """Lines of the files that hold the records, and not of dlt's own."""
    files = [file for file in folder.rglob("*.*") if not re.search("/(work|_dlt)", str(file))]
    return sum(file.read_bytes().count(b"\n") for file in files if file.is_file())


if __name__ == "__main__":
    main(*sys.argv[1:])
