"""A provider of clips of one's own, complete: an API that takes a prompt and a picture, and has a clip later.

    POST {base}/clips {"prompt", "seconds", "size", "picture"?} -> 201 {"id"}
    GET  {base}/clips/{id} -> {"state": "waiting" | "working" | "ready" | "broken", "done"?, "link"?, "why"?}

An entry point in one's package makes it known, and the settings name an account:

    [project.entry-points."reelmesh.video.vendors"]
    acme = "acme_clips:Acme"

    video: {providers: {acme: {key: "${ACME_KEY}", price_per_second: 0.05}}}

Retries, failover, budgets, downloads and the promise never to pay twice are reelmesh's business, not its.
"""

import base64
from fractions import Fraction

from servers.chassis.http import Answer, Http
from servers.chassis.settings import reveal
from servers.video import vendor as api


class Acme(api.Vendor):
    title = "Acme Clips"
    base_url = "https://api.acme.example"

    def offers(self) -> list[api.Offer]:
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
        if answer.status == 201:
            return str(answer.object()["id"])
        raise api.Refused(trouble(answer)) if answer.refused else api.Unknown(answer.text())

    async def poll(self, task_id: str, shot_model: str, http: Http) -> api.State:
        """How the task stands. A word that is not known means that it is still at it."""
        answer = await http.call("GET", f"/clips/{task_id}", headers=self.headers())
        told = answer.object()
        if answer.status != 200 or "state" not in told:
            raise api.Unreachable(trouble(answer))
        if told["state"] == "ready":
            return api.Finished(url=told["link"])
        if told["state"] == "broken":
            return api.Failed(api.Trouble(api.Kind.INTERNAL, told["why"]))
        return api.Running(fraction=told.get("done"))

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {reveal(self.settings.key)}"}


def trouble(answer: Answer) -> api.Trouble:
    kind = api.Kind.MODERATION if answer.status == 451 else api.kind_of(answer.status)
    return api.Trouble(kind, answer.text(), retry_after_seconds=answer.retry_after_seconds)
