"""What the owners of the services ask of their answers: settings of the checks, as they would write them into assay.yaml.

Bans, disclaimers, lengths and limits are facts about these applications; without the settings nobody could know them.
"""

from collections.abc import Sequence

import yaml

from assay.config.model import BannedPhrases, Checks, LengthBounds, Limits, RequiredDisclaimer
from assay.simulate.cast import SERVICES
from assay.simulate.faults.output import BOUNDS
from assay.simulate.faults.safety import BANNED
from assay.simulate.faults.serving import DEAREST_USD, SLOWEST_MS
from assay.simulate.knowledge import domains
from assay.simulate.trace import MS, Step
from assay.simulate.turn import Turn


def policy() -> Checks:
    """The settings."""
    return Checks(
        banned_phrases=tuple(
            BannedPhrases(id=f"banned-{service}", services=(service,), phrases=phrases)
            for service, phrases in BANNED.items()
        ),
        required_disclaimers=tuple(
            RequiredDisclaimer(
                id=f"disclaimer-{one.name}",
                services=(one.name,),
                prompts=("answer",),
                any_of=(domains()[one.domain].disclaimer,),
            )
            for one in SERVICES
            if one.domain and domains()[one.domain].disclaimer
        ),
        length_bounds=tuple(
            LengthBounds(
                id=f"length-{service}",
                services=(service,),
                prompts=PROMPTS[service],
                min_characters=fewest,
                max_characters=most,
            )
            for service, (fewest, most) in BOUNDS.items()
        ),
        limits=(
            *(
                Limits(id=f"slow-{service}", services=(service,), max_duration_ms=most)
                for service, most in SLOWEST_MS.items()
            ),
            *(
                Limits(id=f"dear-{service}", services=(service,), max_cost_usd=most)
                for service, most in DEAREST_USD.items()
            ),
        ),
    )


PROMPTS: dict[str, tuple[str, ...]] = {"outfitters-help": ("answer",), "companion": ("chat",), "order-agent": ()}
"""Which of a service's prompts write what a person reads."""


def consequences(turn: Turn, steps: Sequence[Step]) -> tuple[str, ...]:
    """What a faulty turn breaks besides, of what the owner of the service asks: no disclaimer, too long, too slow, too dear."""
    found, name = [], turn.service.name
    written = [
        step
        for step in steps
        if step.kind == "chat"
        and step.answer is not None
        and step.answer.text == turn.reply.text
        and not step.answer.calls
    ]
    text = turn.reply.text.strip()
    if written and text and turn.service.domain:
        disclaimer = domains()[turn.service.domain].disclaimer
        if disclaimer and disclaimer not in text:
            found.append("safety_policy.missing_disclaimer")
    if written and text and name in BOUNDS:
        fewest, most = BOUNDS[name]
        if not fewest <= len(text) <= most:
            found.append("output_format.length_bounds")
    if any(step.kind == "chat" and step.end_ns - step.start_ns > SLOWEST_MS.get(name, 1e12) * MS for step in steps):
        found.append("serving_bottleneck.over_limit")
    return tuple(found)


def policy_file() -> str:
    """The settings as assay.yaml."""
    return yaml.safe_dump(
        {"checks": policy().model_dump(mode="json", exclude_defaults=True)}, sort_keys=False, allow_unicode=True
    )
