"""Forms made from fields: the params of a DAG, or of a question that waits for a person, as the
inputs of a Slack modal, and what was entered as JSON for Airflow.

Nothing here talks to Slack or Airflow:

>>> form = make_form(read_fields(details["params"]), values)
>>> blocks = draw_page(form.pages[0])
>>> answers = read_page(form.pages[0], view["state"]["values"], timezone=details["timezone"])
>>> conf = {**form.kept, **answers.values}

A form may be made anew for the submission, without `values`. Whoever does so keeps two things
themselves: the values of fields that were hidden, and the answers of earlier pages.
"""

from .drawing import draw_page
from .inputs import FILE_FORMAT, takes_file
from .layout import Form, Hidden, Page, Question, make_form
from .reading import Answers, block_of, field_named_in, read_page, read_refusal

__all__ = [
    "FILE_FORMAT",
    "Answers",
    "Form",
    "Hidden",
    "Page",
    "Question",
    "block_of",
    "draw_page",
    "field_named_in",
    "make_form",
    "read_page",
    "read_refusal",
    "takes_file",
]
