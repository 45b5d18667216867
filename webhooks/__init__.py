"""Receives the vendors' webhooks and starts the DAGs that are tagged with what happened.

A delivery is checked, its ids are written to disk, and it is answered; Airflow hears of it
afterwards, however long that takes. How the parts meet:

====================================  ============================================================
`main`, `settings`, `asgi`            starts and stops everything; the same as an app to mount
`receiver`                            answers the vendors, and says whether it can
`doors`                               is it from the vendor: path, address, header, signature
`vitay`, `riminder`, `rezi`           what each vendor writes, as events
`events`                              what makes an event the same when it comes again
`waiting`                             the events that are on disk and not done
`telling`, `lanes`                    starts runs, a lane for each DAG, until Airflow has all
`metrics`, `quiet`                    counting; logs that strangers cannot fill
====================================  ============================================================

Data flows one way: a vendor, a door, the queue, a lane, Airflow.
"""
