"""The one endpoint that Airbyte's trigger asks: a job that runs for ever. Prints its address.

https://reference.airbyte.com/reference/getjob
"""

from __future__ import annotations

import asyncio
import socket
import sys
import threading

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

LATENCY = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0


async def show_job(request: Request) -> JSONResponse:
    await asyncio.sleep(LATENCY)
    return JSONResponse(
        {
            "jobId": request.path_params["job_id"],
            "status": "running",
            "jobType": "sync",
            "startTime": "2026-01-01T00:00:00Z",
            "connectionId": "18dccc91-0ab1-4f72-9ed7-0b8fc27c5826",
        }
    )


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    app = Starlette(routes=[Route("/jobs/{job_id:int}", show_job)])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))

    def end_with_input() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=end_with_input, daemon=True).start()
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
