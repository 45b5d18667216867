"""The Slack app: starts the DAGs tagged `slack` and posts what became of them.

It talks to Airflow only through its REST API and keeps nothing of its own: what was posted where
stands in each run's note, who started it in the run's conf. How the parts meet:

=================  ==================================================================
`main`             starts and stops everything; Socket Mode or HTTP
`app`              what Slack sends, and the middleware before it
`command`          reads the text of `/talent …`
`access`           who may start what, from a DAG's tags
`workflows`        what a DAG takes, and whether given values fit
`runs`             starts a run
`reports`          which conversation is owed what about a run, and giving it
`follow`           one poll of Airflow for all runs, one budget of edits
`recovery`         finds runs that nobody looks after
`results`          what is posted when a run has ended
`identity`, `note` ids, signatures and the note: what makes every step repeatable
`messages`         how everything looks
`airflow_api`      Airflow's REST API; `airflow_login` its tokens
`slack_api`        Slack's Web API
=================  ==================================================================

A listener for buttons, forms or the App Home goes into a module of its own beside `app`, with a
`register(bolt, …)` like the one there; what it draws goes into `messages`.
"""
