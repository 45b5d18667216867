"""A bucket at the emulated S3 of this test run."""

from __future__ import annotations

from typing import Any

import boto3  # type: ignore[import-untyped]  # it ships no types

SECRET = "testing-secret"
REGION = "us-east-1"


class Bucket:
    """A new bucket, empty at first.

    :param url: where the emulated AWS is.
    """

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.connection: dict[str, Any] = {
            "conn_type": "aws",
            "login": "testing",
            "password": SECRET,
            "extra": {"endpoint_url": url, "region_name": REGION},
        }
        self._client = boto3.client(
            "s3",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=self.connection["login"],
            aws_secret_access_key=SECRET,
        )
        self._client.create_bucket(Bucket=name)

    def put(self, key: str, content: bytes) -> None:
        self._client.put_object(Bucket=self.name, Key=key, Body=content)

    def files(self, folder: str) -> dict[str, bytes]:
        listed = self._client.list_objects_v2(Bucket=self.name, Prefix=f"{folder}/")
        return {
            entry["Key"]: self._client.get_object(Bucket=self.name, Key=entry["Key"])["Body"].read()
            for entry in listed.get("Contents", [])
        }

    def names(self) -> list[str]:
        """All buckets that there are."""
        return [bucket["Name"] for bucket in self._client.list_buckets()["Buckets"]]
