"""Every operator of Vitay as a small DAG of its own; the params say to whom."""

from datetime import timedelta

from airflow.sdk import Param, dag, task

from airflow_talent.operators.vitay import (
    ReminderPolicy,
    VitayCreateCandidateOperator,
    VitayCreateReferenceOperator,
    VitayCreateReferenceRequestOperator,
    VitayDownloadReportOperator,
    VitayExportOperator,
    VitayOperator,
    VitaySendDueRemindersOperator,
    VitaySendReminderOperator,
)

RETRIED = {"retries": 3, "retry_delay": timedelta(seconds=1)}
ALWAYS = ReminderPolicy(quiet_days=(), quiet_hours=None)


@dag(schedule=None, params={"email": "", "notes": Param(None)}, default_args=RETRIED)
def step_candidate():
    VitayCreateCandidateOperator(
        task_id="create",
        email_address="{{ params.email }}",
        first_name="Ada",
        last_name="Ray",
        notes="{{ params.notes }}",
    )


@dag(
    schedule=None,
    params={
        "candidate_id": "",
        "question_set": Param(None, type=["string", "null"]),
        "notes": Param(None),
    },
    default_args=RETRIED,
)
def step_request():
    VitayCreateReferenceRequestOperator(
        task_id="ask",
        candidate_id="{{ params.candidate_id }}",
        question_set="{{ params.question_set }}",
        notes="{{ params.notes }}",
    )


@dag(schedule=None, params={"candidate_id": ""}, default_args=RETRIED)
def step_request_again():
    VitayCreateReferenceRequestOperator(
        task_id="ask", candidate_id="{{ params.candidate_id }}", repeat=True
    )


@dag(schedule=None, params={"candidate_id": ""}, default_args=RETRIED)
def step_request_impatiently():
    VitayCreateReferenceRequestOperator(
        task_id="ask",
        candidate_id="{{ params.candidate_id }}",
        vitay_conn_id="vitay_impatient",
    )


@dag(schedule=None, params={"candidate_id": "", "email": ""}, default_args=RETRIED)
def step_by_intermediary():
    connected = {**RETRIED, "vitay_conn_id": "vitay_by_intermediary"}
    VitayCreateReferenceRequestOperator(
        task_id="ask", candidate_id="{{ params.candidate_id }}", default_args=connected
    )
    VitayCreateReferenceOperator(
        task_id="add",
        candidate_id="{{ params.candidate_id }}",
        email_address="{{ params.email }}",
        first_name="Bo",
        last_name="Lee",
        default_args=connected,
    )


@dag(schedule=None, params={"candidate_id": "", "email": ""}, default_args=RETRIED)
def step_reference():
    VitayCreateReferenceOperator(
        task_id="add",
        candidate_id="{{ params.candidate_id }}",
        email_address="{{ params.email }}",
        first_name="Bo",
        last_name="Lee",
    )


class FailsAfterwards(VitayCreateReferenceRequestOperator):
    def act(self, context):
        result = super().act(context)
        if context["ti"].try_number == 1:
            raise RuntimeError("the effect is done and its outcome stored")
        return result


@dag(schedule=None, params={"kept_id": "", "resent_id": "", "failing_id": ""}, default_args=RETRIED)
def step_clear():
    FailsAfterwards(
        task_id="fail_afterwards", candidate_id="{{ params.failing_id }}", on_clear="resend"
    )
    VitayCreateReferenceRequestOperator(task_id="reuse", candidate_id="{{ params.kept_id }}")
    VitayCreateReferenceRequestOperator(
        task_id="resend", candidate_id="{{ params.resent_id }}", on_clear="resend"
    )


@dag(
    schedule=None,
    params={"reminders": Param([], type="array")},
    default_args=RETRIED,
)
def step_remind():
    @task
    def reminders(params=None):
        return params["reminders"]

    VitaySendReminderOperator.partial(task_id="remind").expand_kwargs(reminders())


@dag(schedule=None, params={"record_id": ""}, default_args=RETRIED)
def step_verification():
    VitaySendReminderOperator(
        task_id="remind", kind="verification", record_id="{{ params.record_id }}"
    )


@dag(schedule=None, params={"record_id": ""}, default_args=RETRIED)
def step_verification_again():
    VitaySendReminderOperator(
        task_id="remind",
        kind="verification",
        record_id="{{ params.record_id }}",
        on_unknown="resend",
        repeat=True,
    )


@dag(schedule=None, params={"candidate_id": ""}, default_args=RETRIED)
def step_due():
    looks = [
        VitaySendDueRemindersOperator(task_id="look", policy=ALWAYS, dry_run=True),
        VitaySendDueRemindersOperator(
            task_id="look_at_one",
            policy=ALWAYS,
            dry_run=True,
            candidate_id="{{ params.candidate_id }}",
        ),
        VitaySendDueRemindersOperator(
            task_id="look_at_requests", policy=ALWAYS, dry_run=True, kinds=["reference_request"]
        ),
        VitaySendDueRemindersOperator(
            task_id="look_in_quiet_hours",
            policy=ReminderPolicy(quiet_hours=("00:00", "23:59:59.999999")),
        ),
    ]
    looks >> VitaySendDueRemindersOperator(task_id="send", policy=ALWAYS)


@dag(schedule=None, default_args=RETRIED)
def step_due_only():
    VitaySendDueRemindersOperator(task_id="send", policy=ALWAYS)


@dag(schedule=None, params={"candidate_id": Param(None)}, default_args=RETRIED)
def step_due_of_nobody():
    VitaySendDueRemindersOperator(
        task_id="send", policy=ALWAYS, candidate_id="{{ params.candidate_id }}"
    )


@dag(
    schedule=None,
    params={"candidate_id": "", "email": ""},
    default_args=RETRIED,
)
def step_modes():
    for mode in ("read_only", "dry_run", "restricted"):
        connected = {**RETRIED, "vitay_conn_id": f"vitay_{mode}"}
        VitayCreateCandidateOperator(
            task_id=f"{mode}_create",
            email_address="{{ params.email }}",
            first_name="Ada",
            last_name="Ray",
            default_args=connected,
        )
        VitayCreateReferenceRequestOperator(
            task_id=f"{mode}_ask",
            candidate_id="{{ params.candidate_id }}",
            default_args=connected,
        )
        VitaySendDueRemindersOperator(
            task_id=f"{mode}_remind", policy=ALWAYS, default_args=connected
        )


@dag(schedule=None, default_args=RETRIED)
def step_sparingly():
    VitaySendDueRemindersOperator(task_id="send", policy=ALWAYS, vitay_conn_id="vitay_sparing")


@dag(schedule=None, default_args=RETRIED)
def step_refused_logins():
    for conn_id, times in (("vitay_mistyped", 50), ("vitay_locked", 5)):
        VitayOperator.partial(task_id=conn_id, call="show_me", vitay_conn_id=conn_id).expand(
            arguments=[{}] * times
        )


@dag(
    schedule=None,
    params={"candidate_id": "", "filled_id": "", "open_id": "", "folder": ""},
    default_args={**RETRIED, "retries": 0},
)
def step_report():
    for name, kind in (("filled_id", "references"), ("open_id", "references")):
        VitayDownloadReportOperator(
            task_id=f"{kind}_{name}",
            record_id=f"{{{{ params.{name} }}}}",
            folder="{{ params.folder }}",
            kind=kind,
        )
    VitayDownloadReportOperator(
        task_id="candidates",
        record_id="{{ params.candidate_id }}",
        folder="{{ params.folder }}",
    )


@dag(schedule=None, params={"folder": ""}, default_args={**RETRIED, "retries": 0})
def step_export():
    for format_ in ("jsonl", "csv"):
        VitayExportOperator(
            task_id=format_, index="list_references", path=f"{{{{ params.folder }}}}/rows.{format_}"
        )
        VitayExportOperator(
            task_id=f"broken_{format_}",
            index="list_references",
            path=f"{{{{ params.folder }}}}/broken.{format_}",
            vitay_conn_id="vitay_by_intermediary",
        )


@dag(
    schedule=None,
    params={"candidate_id": "", "notes": "", "email": ""},
    default_args=RETRIED,
)
def step_call():
    VitayOperator(task_id="ping", call="ping")
    VitayOperator(task_id="list", call="list_question_sets")
    VitayOperator(
        task_id="change",
        call="update_candidate",
        arguments={"candidate_id": "{{ params.candidate_id }}", "notes": "{{ params.notes }}"},
    )
    VitayOperator(
        task_id="reset",
        call="request_password_reset",
        arguments={"email": "{{ params.email }}"},
        allow_effect="credential",
    )
    VitayOperator(task_id="empty", call="show_candidate", arguments={"candidate_id": ""})


@dag(
    schedule=None,
    params={
        "email": "",
        "phone": "",
        "notes": Param(None),
        "references": 2,
    },
    render_template_as_native_obj=True,
    default_args=RETRIED,
)
def step_natively():
    candidate = VitayCreateCandidateOperator(
        task_id="create",
        email_address="{{ params.email }}",
        first_name="Ada",
        last_name="Ray",
        internal_id="{{ params.phone }}",
        notes="{{ params.notes }}",
        country_code="{{ 1 }}",
        phone="{{ params.phone }}",
    )
    VitayCreateReferenceRequestOperator(
        task_id="ask",
        candidate_id=candidate.output["candidate_id"],
        question_set="{{ params.notes }}",
        min_references="{{ params.references }}",
        notes="{{ params.notes }}",
    )


step_candidate()
step_request()
step_request_again()
step_request_impatiently()
step_by_intermediary()
step_reference()
step_clear()
step_remind()
step_verification()
step_verification_again()
step_due()
step_due_only()
step_due_of_nobody()
step_modes()
step_sparingly()
step_refused_logins()
step_report()
step_export()
step_call()
step_natively()
