"""Forms made from fields: the params of a DAG, or of a question that waits for a person, as the
inputs of a Slack modal, and what was entered as JSON for Airflow.

Nothing here talks to Slack or Airflow:

>>> form = make_form(read_fields(details["params"]), values)
>>> blocks = draw_page(form.pages[0])
>>> answers = read_page(form.pages[0], view["state"]["values"], timezone=details["timezone"])
>>> conf = {**form.kept, **answers.values}

A form may be made anew for the submission, without `values`. Whoever does so keeps two things
themselves: the values of fields that were hidden, and the answers of earlier pages.

What a DAG's `Param` becomes, the first line that fits (`inputs.py`):

| Param | Input |
|---|---|
| format `slack-file`, or an array of it; `filetypes` | files; the value is their ids in Slack |
| boolean with a default, or `const=True` | one box to tick |
| boolean without a default, or nullable | yes, no, not set |
| `enum`; `values_display` | up to 10 to choose from at once, more in a menu |
| array with `items.enum` or `examples`; `values_display` | the same, several |
| format `date`, `time`, `date-time` | pickers; a date-time in the person's own time zone |
| integer, number; `minimum` … | a number |
| format `email`, `uri` | an address that Slack checks |
| array of texts or numbers | one a line |
| object, other arrays | JSON |
| several types | JSON where that gives one of them, else text |
| string; format `multiline`, `minLength`, `maxLength` | text |

A value that its input could not show unchanged, such as a time with seconds, gets the next input
that can. `title`, `description`, `description_md`, `section` and `examples` say and order things
as in Airflow's own form; `const` and format `password` are not asked for.
"""

from .drawing import draw_page
from .inputs import FILE_FORMAT, file_types, takes_file
from .layout import Form, Hidden, Page, Question, make_form
from .reading import Answers, block_of, read_page, read_refusal

__all__ = [
    "FILE_FORMAT",
    "Answers",
    "Form",
    "Hidden",
    "Page",
    "Question",
    "block_of",
    "draw_page",
    "file_types",
    "make_form",
    "read_page",
    "read_refusal",
    "takes_file",
]
