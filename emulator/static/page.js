// The page works without this file. With it, what is looked at follows what happens.
"use strict";

const view = document.getElementById("view");
const scroller = document.querySelector(".messages")?.closest(".view");
let etag = "";

const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
const goToEnd = () => scroller?.scrollTo({ top: scroller.scrollHeight });

// Replacing a menu somebody has open, or text somebody is selecting, would take it from them.
const isInUse = () =>
  view.contains(document.activeElement) && document.activeElement.matches("select, input") ||
  !document.getSelection().isCollapsed;

async function follow() {
  if (document.hidden || isInUse()) return;
  const address = new URL(location.href);
  address.searchParams.set("part", "view");
  const answer = await fetch(address, { cache: "no-store", headers: { "If-None-Match": etag } });
  if (answer.status !== 200) return;
  etag = answer.headers.get("ETag") ?? "";
  const stays = scroller && isAtEnd();
  const html = await answer.text();
  view.innerHTML = html;
  if (stays) goToEnd();
}

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

if (!location.hash) goToEnd();
setInterval(() => follow().catch(() => {}), 1000);
