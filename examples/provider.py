"""A provider of clips of one's own, complete: an API that takes a prompt and a picture, and has a clip later.

    POST {base}/clips {"prompt", "seconds", "size", "picture"?} -> 201 {"id"}
    GET  {base}/clips/{id} -> {"state": "waiting" | "working" | "ready" | "broken", "done"?, "link"?, "why"?}

In the package that has this module, an entry point makes it known, and the settings name an account:

    [project.entry-points."reelmesh.video.vendors"]
    acme = "acme_clips:Acme"

    video: {providers: {acme: {key: "${ACME_KEY}", price_per_second: 0.05}}}

Retries, failover, budgets, downloads and the promise never to pay twice are reelmesh's business, not its.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from fractions import Fraction

from servers.chassis.settings import reveal
from servers.video import vendor as api
from servers.chassis.http import Answer, Http

KINDS = {401: api.Kind.AUTH, 402: api.Kind.CREDIT, 429: api.Kind.THROTTLED, 451: api.Kind.MODERATION}


class Acme(api.Vendor):
    """One account at Acme."""

    title = "Acme Clips"
    base_url = "https://api.acme.example"

    def offers(self) -> Sequence[api.Offer]:
        """What it makes: lengths and sizes, the default model first. Requests are fitted to them."""
        sizes = ((720, 1280), (1280, 720))
        return [api.Offer(model="acme-1", seconds=(Fraction(4), Fraction(8)), sizes=sizes)]

    async def submit(self, shot: api.Shot, handle: str, http: Http) -> str:
        """The one call that costs: refused for certain, or taken, or nobody knows."""
        size = f"{shot.width}x{shot.height}"
        body = {"prompt": shot.prompt, "seconds": int(shot.seconds), "size": size}
        if shot.first_frame is not None:
            content, kind = await shot.first_frame.content(most_bytes=4_000_000)
            body["picture"] = f"data:{kind};base64,{base64.b64encode(content).decode()}"
        answer = await http.call("POST", "/clips", headers=self.headers(), json=body)
        if answer.status == 201 and (task_id := answer.object().get("id")):
            return str(task_id)
        raise api.Refused(trouble(answer)) if answer.refused else api.Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> api.State:
        """How the task stands. A word that is not known means that it is still at it."""
        answer = await http.call("GET", f"/clips/{task_id}", headers=self.headers())
        told = answer.object()
        if answer.status != 200 or "state" not in told:
            raise api.Unreachable(trouble(answer))
        if told["state"] == "ready":
            return api.Finished(url=str(told.get("link", "")))
        if told["state"] == "broken":
            return api.Failed(api.Trouble(api.Kind.INTERNAL, str(told.get("why", "it gave no reason"))))
        return api.Running(fraction=told.get("done"))

    def headers(self) -> dict[str, str]:
        """The key, from the settings or the secret store; it is masked wherever reelmesh writes."""
        return {"Authorization": f"Bearer {reveal(self.settings.key)}"}


def trouble(answer: Answer) -> api.Trouble:
    """What an answer says went wrong."""
    kind = KINDS.get(answer.status, api.Kind.INVALID if answer.refused else api.Kind.OUTAGE)
    return api.Trouble(kind, answer.text(), retry_after_seconds=answer.retry_after_seconds)
