"""The command line: which commands there are, and what each takes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from reelmesh.cli import mesh_options, paid, picturing, presenting
from reelmesh.cli.failures import EXIT_CODES
from reelmesh.cli.parsing import Parser, add_command, common_options, owner_option

STATES = (
    "queued",
    "running",
    "paused",
    "cancelling",
    "succeeded",
    "failed",
    "cancelled",
    "unconfirmed",
    "waiting_for_review",
)
TRANSITIONS = (
    *("cut", "crossfade", "fade-black", "fade-white", "fade", "slide", "push", "wipe", "zoom", "dissolve"),
    *("circle", "blur", "random"),
)
CODECS = ("h264", "h265", "av1", "vp9")
_JOB = "the job's id, or `last` for the newest"


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    whole = Parser(
        prog="reelmesh",
        description="Text to narrated, subtitled short videos.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", required=True)
    common = common_options()
    for add in (_film, _batches, mesh_options.add_commands, _jobs, _control, _scenes, _providers, _looks):
        add(commands, common)
    return whole


class _Stories(argparse.Action):
    """Keeps all stories, and the first by itself: most often there is one."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Takes them in."""
        namespace.stories = list(values or [])
        namespace.story = namespace.stories[0] if namespace.stories else None


def _wishes(*, many: bool = False) -> argparse.ArgumentParser:
    """The options of a film, for `make`, `submit` and `explain`."""
    film = argparse.ArgumentParser(add_help=False)
    what = "a text file, - for stdin, or a job as .json"
    if many:
        what += "; many of them, folders of .txt and .md, or manifests (.csv, .jsonl) make a batch"
        film.add_argument("story", metavar="STORY", nargs="*", action=_Stories, help=what)
    else:
        film.add_argument("story", metavar="STORY", nargs="?", help=what)
    film.add_argument(
        "--topic",
        default="",
        metavar="WORDS",
        help="what to write a story about, in place of a STORY; a language model must be set up for it",
    )
    film.add_argument(
        "--length", type=float, metavar="SECONDS", help="how long the story of --topic should be; default 60"
    )
    look = film.add_argument_group("how it looks")
    look.add_argument(
        "--size", metavar="WxH", help="1080x1920, or portrait, landscape, square; default portrait"
    )
    look.add_argument("--fps", type=float, metavar="N", help="frames per second, 1 to 120; default 30")
    look.add_argument("--style", metavar="NAME", help="style of the pictures")
    look.add_argument("--subtitles", choices=("burn", "soft", "none"), help="default burn")
    look.add_argument(
        "--subtitle-style",
        choices=("karaoke", "phrase", "line"),
        help="the spoken word lit, a few words at a time, or whole lines; default karaoke",
    )
    look.add_argument(
        "--transition",
        choices=TRANSITIONS,
        metavar="NAME",
        help=f"{', '.join(TRANSITIONS)}; default crossfade",
    )
    look.add_argument("--title", metavar="TEXT", help="title of the film, over the planned one")
    look.add_argument("--show-title", action="store_true", help="show the title over the first scene")
    look.add_argument(
        "--animate",
        type=float,
        metavar="SHARE",
        help="share of the scenes to make clips of, 0 to 1; default 0",
    )
    look.add_argument(
        "--variants", type=int, metavar="N", help="clips to choose from for each, 1 to 5; default 1"
    )
    look.add_argument(
        "--character",
        action="append",
        default=[],
        metavar="NAME=LOOKS",
        help="what a character of the story looks like, or NAME=@FILE, a picture of it; may be given again",
    )
    look.add_argument("--stock", default="", metavar="FOLDER", help="clips of your own to mix in")
    look.add_argument(
        "--stock-share",
        type=float,
        metavar="SHARE",
        help="share of the scenes that show a clip of --stock, 0 to 1",
    )
    sound = film.add_argument_group("how it sounds")
    sound.add_argument(
        "--lang", metavar="TAG", help='language, e.g. "en" or "zh"; default: found from the text'
    )
    sound.add_argument("--voice", metavar="NAME", help="voice; `reelmesh engines --voices` lists them")
    sound.add_argument("--speed", type=float, metavar="X", help="speed of the voice, 0.5 to 2; default 1")
    sound.add_argument("--audio", metavar="FILE", help="your own recording, in place of a STORY")
    sound.add_argument("--music", metavar="FILE", help="music under the film")
    sound.add_argument(
        "--sound", action="append", default=[], metavar="FILE@SECONDS", help="a sound; may be given again"
    )
    picturing.add_options(look)
    presenting.add_options(film)
    how = film.add_argument_group("how it is made")
    how.add_argument(
        "--encoding",
        metavar="NAME",
        help="encoding of text files and manifests that are not UTF-8 and have no byte order mark, e.g. gbk",
    )
    how.add_argument(
        "--engine",
        action="append",
        default=[],
        metavar="SERVER=ENGINE[:MODEL]",
        help="engine of script, tts, image, video, presenter, asr or compose; may be given again",
    )
    how.add_argument(
        "--codec", choices=CODECS, help="codec of the film: h264, h265, av1 (MP4), vp9 (WebM); default h264"
    )
    how.add_argument("--preview", action="store_true", help="only a small film, made quickly, to look at")
    how.add_argument("--clean-copy", action="store_true", help="also make a copy without lettering")
    how.add_argument("--narration-file", action="store_true", help="also make a file of the narration alone")
    how.add_argument("--seed", type=int, metavar="N", help="seed of all that is drawn at random; default 0")
    how.add_argument(
        "--review",
        action="append",
        default=[],
        choices=("plan", "pictures", "clips"),
        help="stop after this stage until `reelmesh approve`; may be given again",
    )
    return film


def _film(commands: argparse._SubParsersAction[Parser], common: argparse.ArgumentParser) -> None:
    make = add_command(
        commands,
        "make",
        [common, owner_option(), _wishes()],
        "Make a film of a story. Uses the mesh that runs here, else starts one for this film.",
    )
    make.add_argument(
        "-o", "--output", metavar="FILM", help="where to write it; default: STORY's name with .mp4"
    )
    submit = add_command(
        commands,
        "submit",
        [common, owner_option(), _wishes(many=True)],
        "Submit a job and print its id. Many stories make a batch, whose id is printed. A manifest has a "
        "story a row, and columns named like these options: story (a path) or text, title, size, label.X ...",
    )
    submit.add_argument("--name", default="", help="name of the job, for people")
    submit.add_argument(
        "--batch", default="", metavar="ID", help="the batch to submit to; only what it lacks is submitted"
    )
    submit.add_argument(
        "--label",
        action="append",
        default=[],
        type=_label,
        metavar="NAME=VALUE",
        help="a label; may be given again",
    )
    submit.add_argument("--priority", type=int, metavar="N", help="0 to 9, 9 first; default 5")
    add_command(
        commands,
        "explain",
        [common, owner_option(), _wishes()],
        "Tell what a job would do, without doing it: its steps, what is remembered, cost and time.",
    )


def _label(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError("give NAME=VALUE")
    return name, value


def _batches(commands: argparse._SubParsersAction[Parser], common: argparse.ArgumentParser) -> None:
    both = [common, owner_option()]
    batch = add_command(
        commands, "batch", both, "Show how a batch stands: how much is done, what failed and why."
    )
    batch.add_argument("batch", metavar="ID", help="the batch's id, as `submit` printed it")
    batch.add_argument("--watch", action="store_true", help="follow it until all has ended")
    publish = add_command(
        commands,
        "publish",
        both,
        "Write films to a folder or a bucket under readable names. Nothing is overwritten. The keys, region "
        "and endpoint of a bucket are set in the environment: AWS_..., REELMESH_PUBLISH__S3__ENDPOINT ...",
    )
    publish.add_argument("jobs", metavar="JOB", nargs="*", help=_JOB)
    publish.add_argument("--batch", default="", metavar="ID", help="all jobs of this batch")
    publish.add_argument(
        "--to",
        required=True,
        metavar="PLACE",
        help="a folder, made if it is not there, or a bucket: s3://BUCKET/PREFIX, oss://, gs://, "
        "az://, cos://, obs://, b2://",
    )
    publish.add_argument(
        "--name",
        default="{title}",
        metavar="TEMPLATE",
        help="name without ending, of {title} {publish_title} {name} {number} {batch} {job} {date} {lang}; "
        "'/' makes folders; default {title}",
    )
    publish.add_argument(
        "--with",
        dest="include",
        default="",
        metavar="KINDS",
        help="what goes with each film: cover, subtitles, narration, clean, info, or all; by commas",
    )


def _control(commands: argparse._SubParsersAction[Parser], common: argparse.ArgumentParser) -> None:
    both = [common, owner_option()]
    for name, text in (
        ("pause", "Hold a job: what runs goes on, nothing new begins."),
        ("resume", "Let a paused job go on."),
        ("delete", "Hide a job that has ended. It is purged later."),
        ("undelete", "Bring a hidden job back."),
    ):
        add_command(commands, name, both, text).add_argument("job", metavar="JOB", help=_JOB)
    approve = add_command(
        commands, "approve", both, "Let a job go on that waits for review, with the edits made meanwhile."
    )
    approve.add_argument("job", metavar="JOB", help=_JOB)
    approve.add_argument(
        "--gate", default="", metavar="NAME", help="plan, pictures or clips; default: where it waits"
    )
    control = add_command(
        commands, "control", both, "Do one thing to many jobs: to all that the options name."
    )
    control.add_argument("action", choices=("cancel", "pause", "resume", "retry", "delete"))
    counts = add_command(commands, "counts", both, "Count jobs by state, and say when all should be done.")
    for command in (control, counts):
        command.add_argument(
            "--state", action="append", default=[], choices=STATES, help="only jobs in this state"
        )
        command.add_argument(
            "--label",
            action="append",
            default=[],
            type=_label,
            metavar="NAME=VALUE",
            help="only jobs with this label",
        )
    limits = add_command(
        commands,
        "limits",
        [common],
        "Show limits, or set one while the mesh runs: overall, service/tts, engine/video/kling, owner/ann, "
        "key/NAME, or owner/* for every owner.",
    )
    limits.add_argument("name", metavar="NAME", nargs="?", default="", help="the limit; default: all")
    limits.add_argument("--at-once", type=int, metavar="N", help="calls under way together")
    limits.add_argument("--per-second", type=float, metavar="N", help="calls begun a second")
    limits.add_argument("--burst", type=int, metavar="N", help="calls that may begin together")
    limits.add_argument("--weight", type=float, metavar="W", help="an owner's share beside others; default 1")
    limits.add_argument("--pause", action="store_true", help="let no call begin")
    limits.add_argument("--clear", action="store_true", help="remove it: the settings say again")


def _jobs(commands: argparse._SubParsersAction[Parser], common: argparse.ArgumentParser) -> None:
    both = [common, owner_option()]
    listing = add_command(commands, "jobs", both, "List jobs, newest first.")
    listing.add_argument(
        "--state", action="append", default=[], choices=STATES, help="only jobs in this state"
    )
    listing.add_argument("--limit", type=int, default=20, metavar="N", help="at most so many; default 20")
    for name, text in (
        ("show", "Show a job: how it stands, its steps and its outcome."),
        ("watch", "Watch a job to its end."),
        ("cancel", "Cancel a job."),
    ):
        add_command(commands, name, both, text).add_argument("job", metavar="JOB", help=_JOB)
    get = add_command(commands, "get", both, "Download a job's film with its cover and subtitles.")
    get.add_argument("job", metavar="JOB", help=_JOB)
    get.add_argument("-o", "--output", metavar="PATH", help="a film's name, or a folder; default: here")
    get.add_argument("--film-only", action="store_true", help="leave out cover and subtitles")


def _scenes(commands: argparse._SubParsersAction[Parser], common: argparse.ArgumentParser) -> None:
    both = [common, owner_option()]
    scenes = add_command(commands, "scenes", both, "List a job's scenes.")
    scenes.add_argument("job", metavar="JOB", help=_JOB)
    edit = add_command(
        commands, "edit", both, "Change a scene of a job. It takes effect with `reelmesh run`."
    )
    edit.add_argument("job", metavar="JOB", help=_JOB)
    edit.add_argument("scene", metavar="SCENE", help="its number, from 1, or its id")
    edit.add_argument("--text", help="new text to speak")
    edit.add_argument("--prompt", help="new prompt of the picture")
    edit.add_argument("--motion", help="new prompt of the clip")
    edit.add_argument("--picture", metavar="FILE", help="a picture of your own")
    edit.add_argument("--choose", type=int, metavar="N", help="choose the N-th of the pictures made, from 1")
    edit.add_argument(
        "--choose-clip", type=int, metavar="N", help="choose the N-th of the clips made, from 1"
    )
    edit.add_argument("--seed", type=int, metavar="N", help="same prompts, another picture")
    edit.add_argument("--variants", type=int, metavar="N", help="make N pictures to choose from, 1 to 8")
    edit.add_argument("--lock", action=argparse.BooleanOptionalAction, help="lock the scene, or unlock it")
    run = add_command(commands, "run", both, "Run a job again with its edits. What has not changed is kept.")
    run.add_argument("job", metavar="JOB", help=_JOB)
    run.add_argument(
        "--from", dest="from_step", default="", metavar="STEP", help="keep nothing from this step on"
    )
    run.add_argument("-o", "--output", metavar="FILM", help="write the film there when it is done")


def _providers(commands: argparse._SubParsersAction[Parser], common: argparse.ArgumentParser) -> None:
    both = [common, owner_option()]
    providers = add_command(
        commands, "providers", [common], "List the providers of clips: health, load, cost."
    )
    attempts = add_command(commands, "attempts", both, "List what was asked of paid providers for a job.")
    spending = add_command(commands, "spending", both, "Add up what paid providers have cost.")
    resolve = add_command(
        commands, "resolve", both, "Say what to do about paid calls of a job whose outcome is not known."
    )
    for command in (attempts, resolve):
        command.add_argument("job", metavar="JOB", help=_JOB)
    paid.add_options(providers, spending, resolve)


def _looks(commands: argparse._SubParsersAction[Parser], common: argparse.ArgumentParser) -> None:
    logs = add_command(commands, "logs", [common], "Show what the servers logged, of one job or of all.")
    logs.add_argument("job", metavar="JOB", nargs="?", default="", help="the job's id; default: everything")
    logs.add_argument("--server", default="", help="only of this server")
    logs.add_argument("--limit", type=int, default=0, metavar="N", help="only the last N lines; default: all")
