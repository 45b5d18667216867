"""Modals and App Homes: what each person has open, and how the app may change it.

A modal is a stack of at most three views; a Home is one view a person. A view that Slack would
not take is refused before its trigger is used.
Sources: https://docs.slack.dev/surfaces/modals, https://docs.slack.dev/surfaces/app-home and
https://docs.slack.dev/reference/methods/views.open (.push, .update, .publish).
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .blocks import elements_of, find_view_problem, name_blocks
from .forms import keep_entered, read_state
from .records import Json, SlackError, View, invalid_arguments, require_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .limits import Surface
    from .settings import SlackSettings
    from .triggers import Triggers
    from .workspace import Workspace

MAX_STACK = 3
MAX_BYTES = 250_000
"""Of a view as JSON; more is `view_too_large`."""


@dataclass(slots=True)
class Views:
    """`settings` gives the settings of the moment."""

    workspace: Workspace
    triggers: Triggers
    settings: Callable[[], SlackSettings]
    stacks: dict[str, list[View]] = field(default_factory=dict)
    """The open modal of each person, the view they see last."""
    homes: dict[str, View] = field(default_factory=dict)

    def stack_of(self, user: str) -> list[View]:
        return self.stacks.setdefault(user, [])

    def top_of(self, user: str) -> View | None:
        """What is in front of a person, None when no modal is open."""
        stack = self.stack_of(user)
        return stack[-1] if stack else None

    def find(self, view_id: str) -> View:
        for view in self._all():
            if view.id == view_id:
                return view
        raise SlackError("view_not_found")

    def open(self, trigger_id: str, sent: Any) -> View:
        """Open a modal; one that is already there gives way.

        With a trigger from a modal that is still there, Slack answers as if it were done, and most
        people see nothing of it; here nobody does. Such a modal is to be updated or pushed on.
        Source: https://github.com/slackapi/bolt-js/issues/1827, /1072 and /639.
        """
        self._check(sent, "modal")
        trigger = self.triggers.exchange(trigger_id)
        view = self._make(trigger.user, sent)
        stack = self.stack_of(trigger.user)
        if not stack or stack[0].id != trigger.root_id:
            self.stacks[trigger.user] = [view]
        return view

    def push(self, trigger_id: str, sent: Any) -> View:
        """Put a view on the modal that the trigger comes from."""
        self._check(sent, "modal")
        trigger = self.triggers.exchange(trigger_id)
        stack = self.stack_of(trigger.user)
        if not stack or stack[0].id != trigger.root_id:
            raise SlackError("not_found")
        return self.lay_on(stack, sent)

    def lay_on(self, stack: list[View], sent: Any) -> View:
        """Put a view on a stack, as `views.push` and the answer `push` do."""
        self._check(sent, "modal")
        if len(stack) >= MAX_STACK:
            raise SlackError("push_limit_reached")
        view = self._make(stack[-1].user, sent)
        view.root_id, view.previous_id = stack[0].id, stack[-1].id
        stack.append(view)
        return view

    def find_to_change(self, view_id: str, external_id: str) -> View:
        """The view that the app names by its id or the app's own one."""
        for view in self._all():
            if view_id == view.id or (external_id and external_id == view.sent.get("external_id")):
                return view
        raise SlackError("not_found")

    def change(self, view: View, sent: Any, *, known_hash: str = "") -> View:
        """Replace what a view shows.

        Elements that keep their ids keep their values, also those they began with: a new
        `initial_value` needs a new `block_id`.
        Source: https://github.com/slackapi/bolt-python/issues/1064.
        """
        self._check(sent, view.sent["type"], instead_of=view)
        if known_hash and known_hash != view.hash:
            raise SlackError("hash_conflict")
        state = read_state(view.blocks, view.entered)
        view.sent = self._name(sent)
        view.entered = keep_entered(view.blocks, state)
        view.errors, view.problem = {}, ""
        view.hash = self._new_hash()
        return view

    def publish(self, user: str, sent: Any, *, known_hash: str = "") -> View:
        """Show a person another App Home."""
        if not self.settings().home_tab:
            raise SlackError("not_enabled")
        home = self.homes.get(user)
        if home:
            return self.change(home, sent, known_hash=known_hash)
        self._check(sent, "home")
        if known_hash:
            raise SlackError("hash_conflict")
        self.homes[user] = self._make(user, sent)
        return self.homes[user]

    def show(self, view: View) -> Json:
        """The view object, with what was entered."""
        return view.shown(read_state(view.blocks, view.entered))

    def close(self, view: View) -> None:
        """Take one view away; the one below it is seen again."""
        stack = self.stack_of(view.user)
        if view in stack:
            stack.remove(view)

    def clear(self, user: str) -> None:
        self.stack_of(user).clear()

    def _all(self) -> Iterator[View]:
        for stack in self.stacks.values():
            yield from stack
        yield from self.homes.values()

    def _check(self, sent: Any, surface: Surface, *, instead_of: View | None = None) -> None:
        if problem := find_view_problem(sent, surface):
            problems = ("failed to match all allowed schemas [json-pointer:/view]", problem)
            raise invalid_arguments(*problems)
        if any(part["type"] == "file_input" for _, part in elements_of(sent["blocks"])):
            require_scope("files:read", self.settings().scopes)
        if len(json.dumps(sent)) > MAX_BYTES:
            raise SlackError("view_too_large")
        external_id = sent.get("external_id")
        others = (view for view in self._all() if view is not instead_of)
        if external_id and any(other.sent.get("external_id") == external_id for other in others):
            raise SlackError("duplicate_external_id")

    def _make(self, user: str, sent: Json) -> View:
        # Unique for ever, also after a reset: apps tell by it which form they have seen.
        view_id = f"V0{secrets.token_hex(5).upper()}"
        return View(view_id, user, self._name(sent), self._new_hash(), view_id)

    def _name(self, sent: Json) -> Json:
        return {**sent, "blocks": name_blocks(sent["blocks"], self.workspace.number)}

    def _new_hash(self) -> str:
        return f"{int(self.workspace.clock())}.{secrets.token_hex(4)}"
