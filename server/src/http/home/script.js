"use strict";
// Fetches the page again while it is looked at, and puts the new content in place of the old.
(() => {
  const freshness = document.getElementById("freshness");
  let tag = null;
  async function refresh() {
    if (document.hidden) return;
    try {
      const headers = tag ? { "If-None-Match": tag } : {};
      const answer = await fetch("/", { headers, cache: "no-store" });
      if (answer.status === 200) {
        tag = answer.headers.get("ETag");
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        const main = fresh.querySelector("main");
        if (main) document.querySelector("main").replaceWith(main);
      } else if (answer.status !== 304) {
        throw new Error(answer.statusText);
      }
      if (freshness.textContent) freshness.textContent = "";
    } catch {
      freshness.textContent = "The server does not answer; what you see may be old.";
    }
  }
  setInterval(refresh, 3000);
  document.addEventListener("visibilitychange", refresh);
})();
