// The page works without this file. With it, what one looks at follows what happens, and what one
// is about to say or to choose stays: the server sends the whole page, and only what differs from
// what is shown is changed.
"use strict";

const QUICK = 300, CALM = 1000; // milliseconds between two looks
const KEPT = new Set(["open", "aria-busy"]); // attributes that are the browser's and ours
const one = (selector) => document.querySelector(selector);

let etag = "";
let turn = 0; // what was asked before an act is not shown after it

function makeAlike(here, there) {
  if (here.nodeType !== Node.ELEMENT_NODE) {
    if (here.data !== there.data) here.data = there.data;
    return;
  }
  if (here.dataset.keep !== undefined || here.isEqualNode(there)) return;
  for (const { name } of [...here.attributes])
    if (!there.hasAttribute(name) && !KEPT.has(name)) here.removeAttribute(name);
  for (const { name, value } of there.attributes)
    if (here.getAttribute(name) !== value) here.setAttribute(name, value);
  makeChildrenAlike(here, there);
}

function makeChildrenAlike(here, there) {
  const wanted = new Set(Array.from(there.children, (child) => child.id));
  for (const child of [...here.children]) if (child.id && !wanted.has(child.id)) child.remove();
  const named = new Map(Array.from(here.children, (child) => [child.id, child]));
  let next = here.firstChild;
  for (const child of [...there.childNodes]) {
    const candidate = child.id ? named.get(child.id) : next;
    if (!candidate || candidate.nodeName !== child.nodeName || candidate.id !== (child.id ?? candidate.id)) {
      here.insertBefore(child, next);
      continue;
    }
    if (candidate === next) next = next.nextSibling;
    else here.insertBefore(candidate, next);
    makeAlike(candidate, child);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

const isAtEnd = (scroller) =>
  scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
const goToEnd = () => one(".messages")?.parentElement.scrollTo({ top: 1e9 });

async function show(answer) {
  if (answer.status !== 200) return;
  etag = answer.headers.get("ETag") ?? "";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const scroller = one(".scroller"), stays = scroller && isAtEnd(scroller);
  const modal = one(".modal")?.dataset.hash;
  document.title = page.title;
  makeChildrenAlike(document.body, page.body);
  if (one(".modal")?.dataset.hash !== modal) greet();
  if (stays) goToEnd();
  markNews();
}

// To where one goes on: the first field of a modal, or the line to write in.
function greet() {
  if (document.activeElement.matches(".modal .fill *")) return;
  const first = [".modal [autofocus]", ".modal .fill :is(input:not([type=hidden]), select, textarea)",
    ".modal footer .primary", ".modal footer button", "[data-enter][autofocus]"];
  first.map(one).find((field) => field)?.focus();
}

async function look() {
  const asked = turn;
  const answer = await fetch(location.href, { cache: "no-store", headers: { "If-None-Match": etag } });
  if (asked === turn) await show(answer);
}

async function follow() {
  if (!document.hidden) await look().catch(() => {});
  setTimeout(follow, one(".modal, [aria-busy]") ? QUICK : CALM);
}

async function act(form, button) {
  if (form.hasAttribute("aria-busy")) return;
  const body = new FormData(form, button);
  const address = button?.getAttribute("formaction") || form.getAttribute("action");
  for (const dialog of form.querySelectorAll("dialog[open]")) dialog.close();
  for (const menu of document.querySelectorAll(":popover-open")) menu.hidePopover();
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { method: "POST", body });
    turn += 1;
    history.replaceState(null, "", answer.url);
    await show(answer);
    if ("clears" in form.dataset && !one(".problem")) form.reset();
    one(".wrong :is(input, select, textarea)")?.focus();
  } finally {
    form.removeAttribute("aria-busy");
  }
}

// A conversation is news while its newest message is one that this person has not looked at.
function markNews() {
  const me = new URL(one('.side [aria-current="true"]')?.href ?? location.href).searchParams.get("as");
  for (const entry of document.querySelectorAll("[data-latest]")) {
    const key = `${me} ${new URL(entry.href).searchParams.get("channel")}`;
    if (entry.hasAttribute("aria-current")) sessionStorage.setItem(key, entry.dataset.latest);
    entry.classList.toggle("news", entry.dataset.latest > (sessionStorage.getItem(key) ?? ""));
  }
}

document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  event.preventDefault();
  act(event.target, event.submitter);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && "enter" in event.target.dataset) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
  if (event.key === "Escape" && !one("dialog[open], :popover-open")) one("[data-escape]")?.click();
});

// Choosing from a menu is an act where the app wants to know of it.
document.addEventListener("change", (event) => {
  const place = event.target.closest(".chooses");
  if (place && event.target.type !== "search") place.querySelector(".choose").click();
  const attach = event.target.closest(".attach");
  if (attach) attach.dataset.files = Array.from(event.target.files, (file) => file.name).join(", ");
});

document.addEventListener("reset", (event) => {
  for (const attach of event.target.querySelectorAll(".attach")) delete attach.dataset.files;
});

let typing;
document.addEventListener("input", (event) => {
  if (!event.target.dataset.suggest) return;
  clearTimeout(typing);
  typing = setTimeout(() => suggest(event.target).catch(() => {}), 200);
});

async function suggest(search) {
  const { suggest: address, menu, kind } = search.dataset;
  const body = new FormData();
  for (const name of ["view_id", "message_ts"]) {
    const where = search.form.elements[name];
    if (where) body.set(name, where.value);
  }
  for (const [name, value] of Object.entries({ menu, kind, typed: search.value })) body.set(name, value);
  const answer = await fetch(address, { method: "POST", body });
  const options = search.nextElementSibling;
  const chosen = Array.from(options.querySelectorAll(":checked"), (box) => box.closest("label"));
  options.innerHTML = await answer.text();
  for (const label of chosen) {
    options.querySelector(`[value="${CSS.escape(label.control.value)}"]`)?.closest("label").remove();
    options.prepend(label);
  }
}

document.documentElement.classList.add("live");
if (!location.hash) goToEnd();
if (one(".modal")) greet();
markNews();
setTimeout(follow, CALM);
