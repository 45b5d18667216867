"""What people do in modals and in the App Home, and what they then see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .app_link import ONCE, Act, Replay
from .blocks import elements_of, find_suggestion_problem, options_of
from .events import describe_opened_home
from .forms import Filling, find_element
from .mistakes import find_mistakes
from .payloads import (
    describe_action,
    describe_closing,
    describe_submission,
    describe_suggestion,
    describe_view_press,
    name_channel,
)
from .records import Json, SlackError, View
from .workspace import direct_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .app_link import AppLink
    from .responses import ResponseUrls
    from .triggers import Triggers
    from .views import Views
    from .workspace import Workspace

CONNECTION_TROUBLE = "We had some trouble connecting. Try again?"
"""What a person reads above a form whose app did not answer, or not in time."""

MIN_QUERY = 3
"""Characters a person types before an external menu asks the app."""


@dataclass(frozen=True, slots=True)
class Viewers:
    """The people of one workspace, before their modals and the App Home.

    `base_url` and `replay` are as in `People`.
    """

    workspace: Workspace
    app: AppLink
    responses: ResponseUrls
    triggers: Triggers
    views: Views

    async def submit(
        self,
        user: str,
        view_id: str,
        values: Mapping[str, Any] | None = None,
        *,
        base_url: str,
        replay: Replay = ONCE,
    ) -> Act:
        """A person fills in the modal in front of them and presses its submit button.

        What Slack itself finds wrong is shown to the person, `error` is `invalid_input`, and the
        app hears nothing.

        :param values: what is entered, by block_id, action_id or label; the rest stays as it is.
        """
        person = self.workspace.actor(user)
        view = self._find_in_front(user, view_id)
        if not view.sent.get("submit"):
            raise SlackError("nothing_to_submit")
        self._fill(view, base_url).enter(values or {})
        shown = self.views.show(view)
        view.problem = ""
        view.errors = find_mistakes(view.blocks, shown["state"]["values"])
        if view.errors:
            return Act(None, [], "invalid_input", self._look(user))
        trigger_id = self.triggers.issue(user, wanted=replay.trigger_id, root_id=view.root_id)
        self._hand_files_over(view)
        payload = describe_submission(
            person,
            shown,
            trigger_id=trigger_id,
            response_urls=self._response_urls(view, shown, base_url),
        )
        answers = await self.app.hand_over("interactive", payload, replay)
        refusal = None
        if view in self.views.stack_of(user):
            refusal = self._follow(view, answers[0].ack)
        if refusal is None:
            return Act(trigger_id, answers, more=self._look(user))
        view.problem = CONNECTION_TROUBLE
        return Act(trigger_id, answers, refusal.code, {**refusal.details, **self._look(user)})

    async def use_element(
        self,
        user: str,
        view_id: str,
        action_id: str,
        *,
        base_url: str,
        block_id: str | None = None,
        value: Any = None,
        values: Mapping[str, Any] | None = None,
        replay: Replay = ONCE,
    ) -> Act:
        """A person presses or chooses something in a modal or the App Home.

        The app is told, except of inputs that do not say `dispatch_action`.

        :param value: what is chosen, as in `People.use_element`.
        :param values: what was entered elsewhere before, as in `submit`.
        """
        person = self.workspace.actor(user)
        view = self._find_seen(user, view_id)
        filling = self._fill(view, base_url)
        filling.enter(values or {})
        block, element, done = filling.use(action_id, block_id, value)
        action = describe_action(block, element, done, self.workspace.stamp())
        if block["type"] == "input" and not block.get("dispatch_action"):
            return Act(None, [], more=self._look(user))
        trigger_id = self.triggers.issue(user, wanted=replay.trigger_id, root_id=view.root_id)
        payload = describe_view_press(person, self.views.show(view), action, trigger_id=trigger_id)
        answers = await self.app.hand_over("interactive", payload, replay)
        view.problem = CONNECTION_TROUBLE if answers[0].error else ""
        return Act(trigger_id, answers, more=self._look(user))

    async def close(self, user: str, view_id: str, *, whole_modal: bool = False) -> Act:
        """A person closes the view in front of them, or the modal with all its views."""
        person = self.workspace.actor(user)
        view = self._find_in_front(user, view_id)
        is_cleared = whole_modal or bool(view.sent.get("clear_on_close"))
        closed = self.views.stack_of(user)[::-1] if is_cleared else [view]
        answers = []
        for one in closed:
            shown = self.views.show(one)
            self.views.close(one)
            if one.sent.get("notify_on_close"):
                payload = describe_closing(person, shown, is_cleared=is_cleared)
                answers += await self.app.hand_over("interactive", payload)
        return Act(None, answers, more=self._look(user))

    async def open_home(self, user: str, tab: Literal["home", "messages"] = "home") -> Json:
        """A person opens the app's home, or its messages."""
        self.workspace.actor(user)
        if tab == "home" and not self.app.settings().home_tab:
            raise SlackError("not_enabled")
        home = self.views.homes.get(user)
        place = self.workspace.find_place(direct_id(user), seen_by=user)
        event = describe_opened_home(
            user,
            place.id,
            tab,
            self.views.show(home) if home else None,
            stamp=self.workspace.stamp(),
        )
        told = await self.app.tell("app_home_opened", event)
        return {"events": [told] if told else [], "home": self.show_open(user)["home"]}

    async def suggest(
        self,
        user: str,
        action_id: str,
        value: str,
        *,
        base_url: str,
        block_id: str | None = None,
        view_id: str | None = None,
        channel: str | None = None,
        message_ts: str | None = None,
    ) -> Act:
        """A person types into an external menu; the options are what can be chosen then."""
        person = self.workspace.actor(user)
        place: Json
        if view_id:
            view = self._find_seen(user, view_id)
            blocks, known = view.blocks, view.suggested
            place = {"view": self.views.show(view)}
            container: Json = {"type": "view", "view_id": view.id}
        else:
            found = self.workspace.find_place(channel or "", seen_by=user)
            message = self.workspace.find_message(found.id, message_ts or "", seen_by=user)
            blocks, known = message.blocks, message.suggested
            place = {"channel": {"id": found.id, "name": name_channel(found)}}
            place |= {"message": message.shown(base_url)}
            container = {"type": "message", "message_ts": message.ts, "channel_id": found.id}
        block, element = find_element(blocks, action_id, block_id)
        if not element["type"].endswith("external_select"):
            raise SlackError("action_not_found")
        if len(value) < element.get("min_query_length", MIN_QUERY):
            return Act(None, [], more={"options": []})
        payload = describe_suggestion(
            person, block, element, value, container=container, where=place
        )
        answers = await self.app.hand_over("interactive", payload)
        offered = answers[0].ack or {}
        if answers[0].error or find_suggestion_problem(offered):
            return Act(None, answers, "invalid_options", {"options": []})
        known[action_id] = options_of(offered)
        return Act(None, answers, more={"options": known[action_id]})

    def show_open(self, user: str) -> Json:
        """What a person has before them: the modal's views, bottom to top, and the home."""
        self.workspace.user(user)
        home = self.views.homes.get(user)
        return {
            "modal": [self._show(view) for view in self.views.stack_of(user)],
            "home": self._show(home) if home else None,
        }

    def _show(self, view: View) -> Json:
        return self.views.show(view) | {"errors": view.errors, "problem": view.problem}

    def _look(self, user: str) -> Json:
        """What the person sees after an act."""
        top = self.views.top_of(user)
        return {
            "view": {
                "id": top.id if top else None,
                "errors": top.errors if top else {},
                "problem": top.problem if top else "",
                "stack": self.show_open(user)["modal"],
            }
        }

    def _find_in_front(self, user: str, view_id: str) -> View:
        view = self.views.top_of(user)
        if view is None or view.id != view_id:
            raise SlackError("view_not_found")
        return view

    def _find_seen(self, user: str, view_id: str) -> View:
        """The view in front of a person, or their home when no modal hides it."""
        home = self.views.homes.get(user)
        if home and home.id == view_id and self.views.top_of(user) is None:
            return home
        return self._find_in_front(user, view_id)

    def _fill(self, view: View, base_url: str) -> Filling:
        return Filling(
            view.blocks, view.entered, view.suggested, self.workspace, view.user, base_url
        )

    def _hand_files_over(self, view: View) -> None:
        """A file put into a form is the app's to read from then on."""
        for values in view.entered.values():
            for value in values.values():
                for file in value.get("files", ()):
                    self.workspace.files[file["id"]].is_given_to_app = True

    def _response_urls(self, view: View, shown: Json, base_url: str) -> list[Json]:
        """One for each chosen conversation whose menu asked for it."""
        urls = []
        for block, element in elements_of(view.blocks):
            if not element.get("response_url_enabled"):
                continue
            state = shown["state"]["values"][block["block_id"]][element["action_id"]]
            chosen = state.get("selected_conversation") or state.get("selected_channel")
            if chosen:
                ticket = self.responses.give(self.workspace.channels[chosen], view.user)
                urls.append(
                    {
                        "block_id": block["block_id"],
                        "action_id": element["action_id"],
                        "channel_id": chosen,
                        "response_url": f"{base_url}/slack/response/{ticket}",
                    }
                )
        return urls

    def _follow(self, view: View, ack: Json | None) -> SlackError | None:
        """Do with a submitted view what the app answered; the result is why it cannot be done."""
        if ack is None:
            view.problem = CONNECTION_TROUBLE
            return None
        try:
            match ack.get("response_action"):
                case None:
                    self.views.close(view)
                case "clear":
                    self.views.clear(view.user)
                case "errors":
                    view.errors = _read_errors(view, ack.get("errors"))
                case "update":
                    self.views.change(view, ack.get("view"))
                case "push":
                    self.views.lay_on(self.views.stack_of(view.user), ack.get("view"))
                case _:
                    raise SlackError("invalid_response_action")
        except SlackError as refusal:
            return refusal
        return None


def _read_errors(view: View, errors: Any) -> dict[str, str]:
    """Slack shows errors below inputs only; for anything else it takes the answer as broken."""
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackError("invalid_errors")
    return {name: str(sentence) for name, sentence in errors.items()}
