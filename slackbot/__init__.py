"""The Slack app: starts the DAGs tagged `slack` and posts what became of them.

It talks to Airflow only through its REST API (`services.airflow_api`) and keeps nothing of its own
but the tokens of several workspaces: what was posted where stands in each run's note, who started
it in the run's conf. How the parts meet:

====================================  ============================================================
`main`, `settings`, `serve`           starts and stops everything; Socket Mode or HTTP
`workspace`, `workspaces`             all that depends on one bot token; several of them by OAuth
`installing`, `installations`         the pages to install at; where tokens are kept and replaced
`app`, `listeners`                    what Slack sends, one listener for each kind of thing
`desk`, `answers`                     what people may ask for and answer, however they do it
`access`, `accounts`, `directory`     who may; in whose name; what Slack knows of people
`command`, `workflows`, `fields`      what is typed, and whether it fits what a DAG takes
`forms`, `views`                      the same as inputs of a modal; modals and the App Home
`runs`, `identity`                    starts a run; ids and signatures that make steps repeatable
`reports`, `results`, `files`         what is owed about a run, and giving it
`approvals`, `questions`              what tasks ask people, and keeping that up to date
`follow`, `changes`, `budget`         one poll of Airflow for all runs, one budget of edits
`recovery`, `note`                    finds runs that nobody looks after; the bot's only memory
`progress`, `*messages`, `blocks`     how everything looks
`buttons`, `links`, `scrub`           values of buttons; Airflow's pages; errors without secrets
`users_file`                          who has an Airflow login of their own
`slack_api`, `slack_calls`            Slack's Web API
`background`, `metrics`, `manifest`   work after an acknowledgement; counting; the app's manifest
====================================  ============================================================

Data flows one way: Slack, a listener, the desk, Airflow; then follow, reports, Slack.
"""
