"""What our own services share: the Slack app and the receiver of webhooks.

====================================  ============================================================
`airflow_api`, `airflow_login`        Airflow's REST API and its tokens
`settings`                            the environment, and one sentence for each mistake in it
`serving`, `care`                     HTTP for strangers; the pages for whatever keeps it running
`running`                             logs without what must not be read there; the end by signals
====================================  ============================================================
"""
