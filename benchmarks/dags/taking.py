"""The same records taken by claims in one go, and by the ledger one by one."""

from datetime import timedelta

from airflow.sdk import Param, dag

from airflow_talent.operators.claims import Standing
from airflow_talent.operators.ledger import Ledger, SentLately
from airflow_talent.operators.vitay import VitayTakeFilledReferencesOperator

IDS = {"record_ids": Param([], type="array")}
TAKE = {"task_id": "take", "record_ids": "{{ params.record_ids | join(',') }}"}


class OneByOne:
    """The ledger in the place of the claims."""

    def __init__(self, claims):
        self.claims = claims

    def look(self):
        return Standing({}, set(), [])

    def take(self, records):
        return [record for record in records if self.is_got(record)]

    def is_got(self, record):
        key = f"{self.claims.scope}_{record}"
        try:
            Ledger(key=key, owner=self.claims.owner, repeat_after=timedelta(days=90)).claim()
        except SentLately:
            return False
        return True

    def forget(self, old):
        pass


class TakeOneByOne(VitayTakeFilledReferencesOperator):
    def _claims(self, context):
        return OneByOne(super()._claims(context))


@dag(schedule=None, params=IDS)
def taken_by_claims():
    VitayTakeFilledReferencesOperator(**TAKE)


@dag(schedule=None, params=IDS)
def taken_by_ledger():
    TakeOneByOne(**TAKE)


taken_by_claims()
taken_by_ledger()
