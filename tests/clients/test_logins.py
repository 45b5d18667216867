"""A wrong password is noticed at once and never tried often enough to lock the account."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import Any

import pytest
from pydantic import SecretStr

from airflow_talent.clients import vitay
from airflow_talent.clients.errors import AuthenticationFailed, PermissionDenied, VendorUnavailable
from airflow_talent.clients.logins import MOST_FAILURES, LoginRecord
from airflow_talent.clients.runners import AsyncRunner
from airflow_talent.clients.vitay.api import VitayApi
from airflow_talent.clients.vitay.settings import VitaySettings
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.vitay.records import ROOT_EMAIL, ROOT_USER_ID
from airflow_talent.tests.clients.adapters import BlockingRunner, sent
from airflow_talent.tests.clients.conftest import NewRunner

WRONG = SecretStr("not-the-password")

ANOTHER_PROCESS = f"""
import sys
from airflow_talent.clients import vitay
from airflow_talent.clients.vitay.api import VitayApi
from airflow_talent.clients.vitay.settings import VitaySettings
from airflow_talent.tests.clients.adapters import BlockingRunner

settings = VitaySettings(
    base_url=sys.argv[1], login="{ROOT_EMAIL}", password="not-the-password",
    max_requests_per_second=None,
)
errors = BlockingRunner(VitayApi(settings)).run_together(vitay.show_me(), 8)
print(*(type(error).__name__ for error in errors))
"""


@pytest.fixture
def logins(talent_emulator: Emulator) -> Any:
    return lambda: sent(talent_emulator, "POST", "/v3/oauth/login")


def test_a_wrong_password_fails_at_once(new_runner: NewRunner, logins: Any) -> None:
    with pytest.raises(AuthenticationFailed, match="correct the connection") as caught:
        new_runner(password=WRONG).run(vitay.show_me())
    assert (caught.value.call, caught.value.status) == ("login", 401)
    assert logins() == 1


def test_several_clients_with_many_callers_try_a_wrong_password_three_times(
    new_runner: NewRunner, logins: Any
) -> None:
    errors: list[Any] = []
    clients = [new_runner(password=WRONG) for _ in range(4)]

    def run_many(client: Any) -> None:
        errors.extend(client.run_together(vitay.show_me(), 12))

    threads = [threading.Thread(target=run_many, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(errors) == 48
    assert all(isinstance(error, AuthenticationFailed) for error in errors)
    assert logins() == MOST_FAILURES == 3


def test_several_processes_try_a_wrong_password_three_times_and_the_account_stays_open(
    settings: VitaySettings, logins: Any
) -> None:
    command = [sys.executable, "-c", ANOTHER_PROCESS, settings.base_url]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    outputs = [process.communicate(timeout=120)[0] for process in processes]

    assert " ".join(outputs).split() == ["AuthenticationFailed"] * 48
    assert logins() == 3
    with BlockingRunner(VitayApi(settings)) as runner:
        assert runner.run(vitay.show_me()).email == ROOT_EMAIL


def test_after_three_refusals_the_error_says_what_to_do(new_runner: NewRunner) -> None:
    for _ in range(3):
        with pytest.raises(AuthenticationFailed):
            new_runner(password=WRONG).run(vitay.show_me())
    with pytest.raises(AuthenticationFailed, match=r"not tried.*correct the connection") as caught:
        new_runner(password=WRONG).run(vitay.show_me())
    assert caught.value.status is None


def test_a_corrected_connection_works(new_runner: NewRunner) -> None:
    for _ in range(4):
        with pytest.raises(AuthenticationFailed):
            new_runner(password=WRONG).run(vitay.show_me())
    assert new_runner().run(vitay.show_me()).email == ROOT_EMAIL


def test_a_success_forgets_the_refusals_before_it(
    new_runner: NewRunner, talent_emulator: Emulator, logins: Any
) -> None:
    for _ in range(2):
        talent_emulator.fault("vitay", "POST", "/v3/oauth/login", "status", code=401, times=2)
        for _ in range(2):
            with pytest.raises(AuthenticationFailed):
                new_runner().run(vitay.show_me())
        assert new_runner().run(vitay.show_me()).email == ROOT_EMAIL
    assert logins() == 6


def test_a_failing_vendor_does_not_count_as_a_refusal(
    new_runner: NewRunner, talent_emulator: Emulator, logins: Any
) -> None:
    talent_emulator.fault("vitay", "POST", "/v3/oauth/login", "status", code=500, times=4)
    with pytest.raises(VendorUnavailable, match="no login was possible"):
        new_runner().run(vitay.show_me())
    assert logins() == 4
    assert new_runner().run(vitay.show_me()).email == ROOT_EMAIL


def test_a_locked_account_is_told_from_a_wrong_password(
    new_runner: NewRunner, talent_emulator: Emulator, logins: Any
) -> None:
    talent_emulator.settings(vitay={"lockout_after": 3})
    for _ in range(3):
        with pytest.raises(AuthenticationFailed):
            new_runner(password=WRONG).run(vitay.show_me())
    with pytest.raises(PermissionDenied, match="locked") as caught:
        new_runner().run(vitay.show_me())
    assert (caught.value.status, caught.value.code) == (403, "locked")
    assert logins() == 4

    talent_emulator.act(f"vitay/users/{ROOT_USER_ID}/unlock")
    assert new_runner().run(vitay.show_me()).email == ROOT_EMAIL


async def test_clients_that_wait_for_another_login_hold_no_threads(
    settings: VitaySettings,
) -> None:
    password = settings.password.get_secret_value()
    record = LoginRecord("vitay", settings.base_url, settings.login, password)
    clients = [AsyncRunner(VitayApi(settings)) for _ in range(50)]
    with record.attempt():
        waiting = [asyncio.create_task(client.run(vitay.show_me())) for client in clients]
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await asyncio.gather(*(asyncio.to_thread(lambda: None) for _ in range(50)))
        assert not any(task.done() for task in waiting)
    assert {user.email for user in await asyncio.gather(*waiting)} == {ROOT_EMAIL}
    for client in clients:
        await client.close()


async def test_an_abandoned_login_leaves_the_right_to_log_in_to_others(
    settings: VitaySettings, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("vitay", "POST", "/v3/oauth/login", "stall")
    client = AsyncRunner(VitayApi(settings))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await client.run(vitay.show_me())
    assert (await client.run(vitay.show_me())).email == ROOT_EMAIL
    await client.close()


def test_the_record_names_neither_login_nor_password(tmp_path: Any) -> None:
    record = LoginRecord("vitay", "https://v.test", "bot@firm.test", "pass-word")
    with pytest.raises(AuthenticationFailed), record.attempt():
        raise AuthenticationFailed("no")
    (file,) = tmp_path.glob("*/*")
    assert file.read_text() == "1"
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0
    assert "bot" not in str(file)


def test_a_record_folder_of_somebody_else_is_refused(tmp_path: Any) -> None:
    LoginRecord("vitay", "https://v.test", "a@firm.test", "p")
    (folder,) = tmp_path.iterdir()
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="remove it"):
        LoginRecord("vitay", "https://v.test", "a@firm.test", "p")
