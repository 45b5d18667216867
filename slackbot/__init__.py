"""The Slack app: starts the DAGs tagged `slack` and posts what became of them.

It talks to Airflow only through its REST API and keeps nothing of its own: what was posted where
stands in each run's note, who started it in the run's conf. How the parts meet:

==========================  =========================================================
`main`, `settings`          starts and stops everything; Socket Mode or HTTP
`app`                       what Slack sends, and the middleware before it
`command`                   reads the text of `/talent …`
`access`                    who may start what, from a DAG's tags; the audit lines
`workflows`                 what a DAG takes, and whether given values fit
`runs`                      starts a run
`reports`                   who is owed what about a run, and giving it
`follow`, `budget`          one poll of Airflow for all runs, one budget of edits
`recovery`                  finds runs that nobody looks after
`results`, `files`          what is posted when a run has ended
`identity`, `note`          ids, signatures and the note: what makes steps repeatable
`progress`, `messages`      what is shown of a run, and how everything looks
`scrub`, `links`            error texts without people and secrets; Airflow's pages
`airflow_api`               Airflow's REST API; `airflow_login` its tokens
`slack_api`                 Slack's Web API
`background`                work that goes on after a request was acknowledged
`manifest`                  the Slack app's manifest
==========================  =========================================================

A listener for buttons, forms or the App Home goes into a module of its own beside `app`, with a
`register(bolt, …)` like the one there; what it draws goes into `messages`.
"""
