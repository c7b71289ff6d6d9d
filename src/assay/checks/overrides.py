"""Attacks that name what they attack: the instructions, the prompt, the role, the user.

A text goes in, matches that do not overlap come out. They are told by their words alone, so any text may be asked, a user's
message too: override, role_marker, persona, prompt_leak, exfiltration, hidden_text.
"""

import re
from typing import Final, NamedTuple

from assay.checks.match import Match, apart
from assay.checks.scan import scanner

_GAP = r"[\s\W_]{1,4}"
_RULES = r"(?:instructions?|prompts?|rules?|guidelines?|directions?|directives?|commands?|orders?|polic(?:y|ies)|constraints?|restrictions?|safeguards?|guardrails?|programming|training)"
_OF_BEFORE = r"(?:previous|prior|above|earlier|preceding|foregoing|former|existing|initial|original|system|developer|safety|given)"
_SECRETS = r"(?:conversation|chat history|api[ _-]?keys?|passwords?|secrets?|credentials?|tokens?|cookies|system prompt|instructions|personal (?:data|information)|(?:user|customer)(?:'s|s'|s)? (?:data|details|e-?mails?|address(?:es)?|names?|information|records?)|private (?:data|information|files?|documents?))"
_PLACE = r"(?:https?://|www\.|[\w.+-]{1,64}@[\w-]+\.|[\w-]{2,63}\.(?:com|net|org|io|xyz|ru|cn|site|info|top|dev|app)\b|attacker|webhook)"

_RULE_WORDS = (
    "instruction",
    "prompt",
    "rule",
    "guideline",
    "direct",
    "command",
    "order",
    "polic",
    "constraint",
    "restriction",
    "safeguard",
    "guardrail",
    "programming",
    "training",
)
_MODEL_WORDS = (
    " ai",
    "\nai",
    ":ai",
    ",ai",
    "llm",
    "gpt",
    "claude",
    "gemini",
    "language model",
    "assistant",
    "chatbot",
    "agent",
    " model",
)


class _Override(NamedTuple):
    """One way to speak to the model past its application."""

    type: str
    confidence: float
    hints: tuple[str, ...]
    """Every text with it contains one of these, in lower case."""
    pattern: str
    also: tuple[str, ...] = ("",)
    """Every text with it contains one of these as well."""
    loose: str = ""
    """A part of the pattern that tells nearly as much, where a multi-pattern scanner takes seconds to compile the whole."""


_OVERRIDES: tuple[_Override, ...] = (
    _Override("override", 0.95, ("ignore", "disregard", "forget", "overrid", "overrul", "bypass", "neglect", "discard", "follow"), rf"\b(?:ignore|disregard|forget|override|overrule|bypass|neglect|discard|do not follow|don'?t follow|stop following)\b(?:{_GAP}(?:about|all|any|every|each|everything|of|the|these|those|your|my|our|other|and|or|{_OF_BEFORE})){{0,6}}{_GAP}(?:{_OF_BEFORE}{_GAP}(?:\w+{_GAP})?{_RULES}|{_RULES}{_GAP}(?:above|before|so far|that (?:came|were|you)|you (?:were|have|had|received|got)|given|(?:from|of|by) (?:the|your) (?:system|developer)))", _RULE_WORDS),
    _Override("override", 0.9, ("ignore", "disregard", "forget", "override", "bypass"), rf"\b(?:ignore|disregard|forget|override|bypass)\b(?:{_GAP}(?:all|any|every|each|of|the|these|those)){{0,3}}{_GAP}(?:your|all){_GAP}(?:\w+{_GAP})?{_RULES}\b", _RULE_WORDS),
    _Override("override", 0.9, ("ignore", "disregard", "forget"), r"\b(?:ignore|disregard|forget)\s+(?:all|everything|anything)(?:\s+(?:that|of|you|the|was|were|been|have|has|written|said|told|learned|stated|text|content|words)){0,5}\s+(?:above|before|previously|so far|earlier)\b"),
    _Override("override", 0.85, ("new", "real", "actual", "true", "updated"), r"\b(?:your|the)\s+(?:new|real|actual|true|updated)\s+(?:task|instructions?|goal|role|objective|mission|purpose|prompt)\s+(?:is|are)\s*(?:to\b|:|as\b|now\b|simply\b|only\b|the following\b)", ("task", "instruction", "goal", "role", "objective", "mission", "purpose", "prompt")),
    _Override("override", 0.8, ("instruction", "directive", "override", "prompt", "command"), r"(?:^|\n)\W{0,6}(?:(?:new|updated|revised|urgent|important|critical)\s+)?(?:hidden|secret|admin(?:istrator)?|system|developer|override)\s+(?:instructions?|directives?|override|prompt|command)s?\s*:|\b(?:new|updated|revised|urgent|important|critical|special)\s+(?:instructions?|directives?|commands?)s?\s*(?:for (?:the |all |any )?(?:ai|assistant|model|llm|chatbot|agent)s?\b|:\s*(?:ignore|disregard|you must|you are|respond|output|do not tell|reveal|send))"),
    _Override("override", 0.85, ("attention", "note", "message", "instruction", "hey", "dear", "important"), r"\b(?:attention|note|message|instructions?|hey|dear|important)\b[\s,:!]{1,3}(?:(?:to|for)\s+)?(?:(?:the|any|all)\s+)?(?:ai|llm|gpt|chatgpt|claude|gemini|language model|(?:ai|virtual) (?:assistant|agent|model)|assistant|chatbot)s?\b(?=[\s,:!.\-]{1,3}(?:you|please|ignore|do|must|when|if|reading|processing|that|who|stop|instead|the|from|this|respond|reply|answer|output|say|print|write|recommend|include|tell|disregard|forget|only|always|never)\b)", _MODEL_WORDS),
    _Override("override", 0.85, (" reading", " processing", " parsing", " summari", " viewing", " indexing", " read ", " analy"), r"\b(?:ai|llm|gpt|language model|chatbot|assistant|agent|bot)s?(?: (?:assistant|agent|model|system|tool|bot)s?)?,? (?:that (?:is|are) |who (?:is|are) |currently )?(?:reading|processing|parsing|summari[sz]ing|viewing|indexing|analy[sz]ing|that reads?|who reads?)\s(?:this|the|these)\b[^.\n]{0,40}\b(?:must|should|shall|have to|has to|needs? to|(?:are|is) (?:required|instructed|asked|told|advised) to)\b", _MODEL_WORDS, loose=r"\b(?:reading|processing|parsing|summari[sz]ing|viewing|indexing|analy[sz]ing|reads?)\s(?:this|the|these)\b.*\b(?:must|should|shall|have to|has to|needs? to|required to|instructed to|asked to|told to|advised to)\b"),
    _Override("override", 0.85, ("when ", "while ", "before ", "after ", "whenever ", "upon ", "if "), r"\b(?:when|whenever|while|before|after|upon|if) (?:you(?: are|'re)? )?(?:reading|processing|parsing|summari[sz]ing|viewing|indexing|analy[sz]ing|quoting|retrieving|read|process|parse|summari[sz]e|index|analy[sz]e|quote|retrieve)\s(?:this|the above|the following)\b[^.\n]{0,40}\b(?:ai|llm|gpt|language model|chatbot|assistant|agent|bot)s? (?:must|shall|has to|have to|needs? to|(?:are|is) (?:required|instructed|told) to)\b", _MODEL_WORDS),
    _Override("override", 0.85, ("directive", "override", "command"), r"(?:^|[\n.!?>\])]\s{0,2})(?:ai|llm|gpt|assistant|chatbot|language model|model|agent)s?\s(?:directive|override|command)s?\s{0,2}:", (*_MODEL_WORDS, "model", "ai ")),
    _Override("override", 0.9, ("<!--",), r"<!--\s*(?:\w+ (?:to|for) (?:the )?)?(?:ai|llm|assistant|chatbot|language model|model)s?\s*[:,]"),
    _Override("override", 0.9, ("user", "customer", "human"), r"\b(?:ignore|disregard|forget)\s+(?:the |this |what the )?(?:user|customer|human)(?:'s|’s)?\s+(?:actual |original )?(?:question|request|query|message|input|instructions?|asks?|wants?|says?)\b", ("ignore", "disregard", "forget")),
    _Override("override", 0.85, ("safety", "security", "content", "ethical"), r"\b(?:override|bypass|disable|turn off|switch off|deactivate|remove|drop)\s+(?:all |any )?(?:of )?your\s+(?:safety|security|content|ethical)\s+(?:settings?|filters?|features?|measures|protocols?|mechanisms?|rules|guidelines|training|constraints)\b"),
    _Override("override", 0.85, ("if you",), r"\bif you(?:'re| are)\s+(?:an?\s+)?(?:ai|llm|language model|large language model|chatbot|(?:ai|virtual) (?:assistant|agent|model))\b", _MODEL_WORDS),
    _Override("override", 0.85, ("do not", "don't", "dont", "never", "without"), r"\b(?:do not|don'?t|never|without)\s+(?:tell(?:ing)?|inform(?:ing)?|notify(?:ing)?|alert(?:ing)?|mention(?:ing)? (?:this|it|that) to|reveal(?:ing)? (?:this|it|that) to|ask(?:ing)?)\s+(?:the|your|any)\s+users?\b", ("user",)),
    _Override("override", 0.8, ("instead", "rather"), r"\b(?:instead|rather)[\s,]{1,2}(?:of\s+(?:answering|summari[sz]ing|following|doing|responding|translating)\b|(?:just |only |simply |always |you must |please )?(?:respond|reply|answer|say|output|print)\s+(?:with|only|that|exactly|in)\b)"),
    _Override("override", 0.8, ("from now", "from this"), r"\bfrom (?:now|this (?:point|moment)) on(?:wards?)?[\s,]{1,2}(?:you\s+(?:are\s+(?:an?|the|my|no longer|not)|must|shall|(?:will|should|can)\s+(?:only|always|never|respond|answer|reply|act|speak|ignore|obey|be))|respond|answer|reply|always|never|ignore|act|speak|only)\b"),
    _Override("override", 0.9, ("ignor", "vergiss", "vergessen", "missachte", "olvida", "oublie", "dimentica", "忽略", "无视", "忘记"), r"\b(?:ignor(?:iere|ieren sie)|vergiss|vergessen sie|missachte)\s+(?:bitte\s+)?(?:alle[sn]?\s+)?(?:die\s+|deine\s+|ihre\s+)?(?:\w+\s+)?(?:anweisungen|instruktionen|regeln|vorgaben)|\b(?:ignora|olvida|ignore|ignorez|oublie[z]?|dimentica)\s+(?:todas\s+|toutes\s+|tutte\s+|todo\s+)?(?:las\s+|les\s+|le\s+|tus\s+|tes\s+|vos\s+|as\s+)?(?:instrucciones|instructions|istruzioni|instruções)\s+(?:anteriores|previas|pr[ée]c[ée]dentes|precedenti)|(?:忽略|无视|忘记)(?:之前|以上|前面|所有|先前)[^\n]{0,6}(?:指令|指示|提示|说明)"),
    _Override("role_marker", 0.95, ("<|", "sys>>", "inst]", "_turn>"), r"<\|(?:im_start|im_end|system|user|assistant|endoftext|start_header_id|eot_id|begin_of_text)\|>|<<SYS>>|<</SYS>>|\[/?INST\]|<start_of_turn>|<end_of_turn>"),
    _Override("role_marker", 0.8, ("system", "assistant", "instruction", "developer"), r"(?:^|\n)\s{0,4}(?:#{2,4}\s{0,2}|\[|<|\*\*)(?:system|assistant|instruction|developer)(?:\s(?:prompt|message|override|note))?(?:\]|>|\*\*)?\s{0,2}:?[\s:]{1,3}(?=you\b|ignore|from now|the user|never|always|respond|reply|disregard)"),
    _Override("role_marker", 0.75, ("system", "assistant", "developer"), r"(?:^|\n)(?:system|assistant|developer)\s{0,2}:\s{0,3}(?:you (?:are|must|will|should)|ignore|from now|disregard|override)"),
    _Override("role_marker", 0.75, ("system", "assistant", "developer"), r"(?:^|[\n.!?>\])]\s{0,2})(?:system|assistant|developer)\s{0,2}:\s{0,3}(?:the |a )?(?:new|updated|revised) (?:polic(?:y|ies)|instructions?|rules?|directives?|orders?|guidelines?|prompt)\b"),
    _Override("override", 0.85, ("obey",), r"\byou\s+(?:will|must|shall|should|are to|now)\s+(?:now\s+)?(?:only\s+obey|obey\s+(?:only|me|my|these|this document|the author))\b"),
    _Override("override", 0.85, ("override",), r"\b(?:system|admin(?:istrator)?|developer|root|safety)\s+override\b\s{0,2}[:!]"),
    _Override("override", 0.85, ("you,", "you the ", "you as "), r"\byou(?:,\s+| )(?:the|as (?:an?|the))\s+(?:ai|llm|(?:ai )?assistant|language model|model|ai agent|chatbot)\b,?\s+(?:must|should|will|shall|have to|need to|are (?:to|required|instructed))\b", _MODEL_WORDS),
    _Override("override", 0.85, ("polic", "rule", "guideline"), r"\b(?:ignore|disregard|bypass|forget)\s+(?:the|your|our|this|all|any|company)\s+(?:\w+\s+)?(?:polic(?:y|ies)|rules|guidelines)\s+and\s+(?:approve|grant|give|send|say|answer|do|refund|pay|issue|tell|act|reply|respond)\b"),
    _Override("override", 0.85, ("never happened", "never existed", "never took place"), r"\b(?:pretend|act as if|behave as if|assume|imagine)\b[^.\n]{0,40}\b(?:above|before|earlier|previous|so far)\b[^.\n]{0,20}\bnever (?:happened|existed|took place)\b"),
    _Override("role_marker", 0.85, ("system", "developer", "admin"), r"#{2,6}\s{0,2}(?:(?:new|updated|revised|begin|end of|start of|important)\s)?(?:system|developer|admin)\s(?:message|prompt|instructions?|override)\b"),
    _Override("role_marker", 0.85, ("</",), r"</(?:system|instructions?|developer|system_prompt)>\s{0,3}<(?:system|user|instructions?|assistant|developer)>"),
    _Override("persona", 0.85, ("without", "with no", "free of"), r"(?:\b(?:you are|act as|become|be)|,)\s+(?:an?|the)\s(?:ai|assistant|chatbot|language model|model)\s+(?:without|with no|free of)\s+(?:any\s+)?(?:restrictions?|filters?|rules|limitations|guidelines|limits|safeguards)\b", _MODEL_WORDS),
    _Override("persona", 0.85, ("unrestricted", "unfiltered", "uncensored", "jailbroken"), r"\byou(?:'re| are) (?:unrestricted|unfiltered|uncensored|jailbroken)\b"),
    _Override("persona", 0.9, (" now", "no longer"), r"\byou(?:'re| are| will be| must be)\s+(?:now|no longer)\s+(?:(?:an?|the|my)\s+)?(?:dan\b|in (?:\w+\s+)?mode|bound|restricted|limited|unrestricted|unfiltered|uncensored|jailbroken|free (?:of|from) (?:all |any |your |these |the )?(?:rules|restrictions|limits|limitations|constraints|filters|guidelines)|evil|an? (?:ai|assistant|agent|language model|chatbot)\b|acting|going to (?:act|pretend|ignore))"),
    _Override("persona", 0.9, ("dan", "jailb", "unrestricted", "unfiltered", "uncensored", "without", "no ", "anything now"), r"\b(?:act|behave|respond|answer|pretend|roleplay|role-play)\b[^.\n]{0,40}\b(?:dan|jailbroken|unrestricted|unfiltered|uncensored|without (?:any )?(?:restrictions|limits|rules|filters|censorship)|no (?:restrictions|rules|limits|filters|guidelines)|do anything now)\b", ("act", "behave", "respond", "answer", "pretend", "role"), loose=r"\b(?:dan|jailbroken|unrestricted|unfiltered|uncensored|without (?:any )?(?:restrictions|limits|rules|filters|censorship)|no (?:restrictions|rules|limits|filters|guidelines)|do anything now)\b"),
    _Override("persona", 0.9, ("anything now", " mode"), r"\bdo anything now\b|\b(?:enter|enable|activate|switch to|you are in)\s+(?:\w+\s+)?(?:developer|god|admin|debug|sudo|jailbreak|dan|maintenance|unrestricted)\s+mode\b|\bdeveloper mode (?:enabled|activated|on)\b"),
    _Override("persona", 0.85, ("rule", "restriction", "filter", "guideline", "safeguard", "limit", "polic", "guardrail", "safety"), r"\b(?:pretend|imagine|assume|suppose|act as if|behave as if|act like|behave like)\b[^.\n]{0,40}\b(?:rules|restrictions|filters?|guidelines|safeguards|limits|limitations|policies|guardrails|safety (?:mode|system|features?))\b[^.\n]{0,30}\b(?:off|disabled|lifted|removed|gone|deactivated|suspended|(?:do|does|did)(?: not|n't) (?:exist|apply)|no longer)\b", ("pretend", "imagine", "assume", "suppose", "as if", "like"), loose=r"\b(?:pretend|imagine|assume|suppose|act as if|behave as if|act like|behave like)\b.*\b(?:off|disabled|lifted|removed|gone|deactivated|suspended|exist|apply|no longer)\b"),
    _Override("persona", 0.85, ("safety", "content", "your"), r"\b(?:safety|content|your)[ -](?:\w+ )?(?:rules|restrictions|filters?|guidelines|safeguards|limitations|guardrails|training|checks|protocols?)\b (?:have been|has been|were|was|are|is)(?: now| temporarily| all)? (?:switched off|turned off|disabled|lifted|removed|deactivated|suspended|waived|void)\b"),
    _Override("prompt_leak", 0.9, ("prompt", "system", "instructions", "rules", "guidelines"), r"\b(?:reveal|show|print|output|repeat|display|tell|give|share|leak|dump|disclose|expose|write|recite|return|summari[sz]e|translate|what(?:'s| is| are| was| were))\b(?:\s+(?:me|us|out|in|back|verbatim|exactly|all|of|the|your|full|entire|complete|exact|initial|original|hidden|secret|internal|current|own|contents?)){1,7}\s+(?:system (?:prompt|message|instructions?)|initial (?:prompt|instructions?)|(?:hidden|secret|original|initial|internal|developer) (?:prompt|instructions?|rules|guidelines)|prompt|pre-?prompt)\b", ("prompt", "system", "instruction", "rules", "guidelines"), loose=r"\b(?:system (?:prompt|message|instructions?)|initial (?:prompt|instructions?)|(?:hidden|secret|original|initial|internal|developer) (?:prompt|instructions?|rules|guidelines)|prompt|pre-?prompt)\b"),
    _Override("prompt_leak", 0.85, ("above", "before this", "preceding", "up to"), r"\b(?:repeat|print|output|copy|write out)\s+(?:back\s+)?(?:everything|all|the (?:words|text|content|lines?|messages?|instructions?))\s+(?:(?:of|that|the|text|words|is|was|are|were|written|comes?|came)\s+){0,4}(?:above|before this|preceding|up to (?:this|here))\b"),
    _Override("exfiltration", 0.9, ("send", "forward", "post", "mail", "exfiltrate", "upload", "transmit", "leak", "submit", "deliver", "copy", "report", "append", "encode"), rf"\b(?:send|forward|post|e-?mail|exfiltrate|upload|transmit|leak|submit|deliver|copy|report|append|encode)\b[^.\n]{{0,80}}\b{_SECRETS}\b[^\n]{{0,80}}?\b(?:to|at|via|into|in)\b[^\n]{{0,24}}?{_PLACE}", ("http", "www.", "@", ".com", ".net", ".org", ".io", ".xyz", ".ru", ".cn", ".site", ".info", ".top", ".dev", ".app", "attacker", "webhook"), loose=rf"\b{_SECRETS}\b"),
    _Override("exfiltration", 0.9, ("![",), r"!\[[^\]\n]{0,80}\]\(https?://[^\s)]{1,120}[?&/=](?:\{|\[|<|%7B|\$)", loose=r"!\[[^\]\n]{0,80}\]\(https?://"),
    _Override("hidden_text", 0.95, ("",), "[\U000e0020-\U000e007e]{8}|[\u200b\u200c\u200d\u2060\ufeff]{8}"),
)  # fmt: skip

_FLAGS = re.IGNORECASE | re.ASCII
_EXACT = tuple((one, re.compile(one.pattern, _FLAGS)) for one in _OVERRIDES)


def _loosened(pattern: str) -> str:
    """What a scanner of bytes is to look for: it has no look-aheads, which only ever end a pattern here, and a character is up to four
    bytes to it (https://intel.github.io/hyperscan/dev-reference/compilation.html)."""
    return re.sub(
        r"(\[\^[^\]]+\])\{0,(\d+)\}",
        lambda gap: f"{gap[1]}{{0,{4 * int(gap[2])}}}",
        pattern.split("(?=", maxsplit=1)[0],
    )


PREFILTERS: Final = tuple(one.loose or _loosened(one.pattern) for one in _OVERRIDES)
"""Where `find_overrides` finds anything, at least one of these matches in its bytes. To be compiled without regard to case
(HS_FLAG_CASELESS)."""
_HINTS = tuple(sorted({hint for one in _OVERRIDES for hint in (*one.hints, *one.also)}))
_scan = scanner([re.escape(hint) for hint in _HINTS if hint])


def _hints_in(text: str, plain: bool) -> set[str]:
    """The hints that a text contains in any case; the empty one is in each. A scan reads bytes, so it is for ASCII only."""
    if plain:
        return {"", *(_HINTS[at + 1] for at in _scan(text.encode()))}
    lower = text.lower()
    return {hint for hint in _HINTS if hint in lower}


def find_overrides(text: str) -> tuple[Match, ...]:
    """Attacks on the instructions, the prompt or the user, in order of place, none over another."""
    found: list[Match] = []
    plain = text.isascii()
    present = _hints_in(text, plain)
    for one, exact in _EXACT:
        if plain and one.type == "hidden_text":
            continue
        if not present.isdisjoint(one.hints) and not present.isdisjoint(one.also):
            for hit in exact.finditer(text):
                start = hit.end() - len(hit[0].lstrip())
                found.append(Match(one.type, start, hit.end(), text[start : hit.end()], one.confidence))
    return apart(found) if found else ()
