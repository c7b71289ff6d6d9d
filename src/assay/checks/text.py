"""What is found in texts, each distinct text once.

    content hashes ─► new texts ─► one scan for all patterns ─► exact functions on hits only ─► Facts (remembered)

A text in `bodies` is a message as JSON, a JSON value, or plain text. JSON is looked at as it reads, its leaves joined by line
breaks, because an escape in JSON can glue a letter to an address. What was found is remembered by hash, and every fact has the
set of texts of which it is true, so that checks find their suspects without looking at a row.
"""

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, get_args

import hyperscan
import msgspec

from assay.checks import credentials, injection, pii
from assay.checks.declines import DECLINES, LEADS_UP
from assay.checks.match import PLACEHOLDER, Match, apart
from assay.checks.prose import blanked, sentences
from assay.checks.words import keys
from assay.spans.columns import NO_BODY

REMEMBERED_BYTES = 64 * 1024 * 1024
"""Text of remembered facts, at most; conversations repeat their history in every request."""

Lookup = Callable[[bytes], bytes | None]
Fact = Literal["pii", "secrets", "overrides", "foreign", "refusal", "cut", "gap", "means"]
"""What can be said of a text so that checks ask for the texts of which it is true; `foreign` is a suspicion only."""

_FACTS: tuple[Fact, ...] = get_args(Fact)
_REDACTED = "redacted"

_SAID = r"information|mention|details?|records?|documentation|answers?|articles?|documents?|pages?|sources?|results?|knowledge"
_KNOWN = rf"(?:{_SAID}|entry|entries|data)"
_SOURCES = r"(?:contexts?|documents?|documentation|docs|sources?|knowledge base|knowledge|articles?|materials?|passages?|pages?|excerpts?|extracts?|search results|results|texts?|handbooks?|manuals?|guides?|FAQs?|help cent(?:er|re)|records)"
_PAPERS = (
    r"(?:regulations|rules?|rule ?book|brochures?|leaflets?|(?:web)?sites?|terms|notes|page on \w+|tariffs?|statutes)"
)
"""What has rules of its own: that these do not cover or include something may be the answer."""
_COVER = r"(?:refer|address|answer|cover|mention|contain|discuss|describe|includ|say|specif|state|explain|touch|treat|help|deal|go(?:es)? into|speak|talk|tell)"
_TELL = r"(?:help|assist|answer|provide|comply|discuss|share|do that|do this|fulfil|continue|engage|support|respond|talk about|give|process|complete|generate|create|write)"
_DO = (
    r"(?:access|cancel|change|perform|make|update|place|book|process|modify|send|open|close|schedule|issue|check|look up|delete|create|transfer|order|pay|refund|call|reserve|submit|edit|set up|arrange|connect|execute|run|browse|"
    r"renew|extend|release|upgrade|register|unlock|reset|block|unblock|activate|deactivate|enable|disable|add|remove|switch|report|forward|e-?mail|text|print|"
    r"download|upload|export|import|install|restart|assign|escalate|exchange|charge|file|lift|waive|adjust|grant|approve|initiate|trigger)"
)
_HERE = r"(?:here|me|this (?:chat|conversation|channel|assistant|bot)|the chat)"

REFUSALS = (
    rf"(?:sorry|afraid|apologi[sz]e|unfortunately|regret)[^.]{{0,60}}(?:can(?:'t|not)|can not|unable to|not able to|won't|not (?:permitted|allowed) to)[^.]{{0,40}}{_TELL}",
    rf"\b(?:I|we) (?:can(?:'t|not)|can not|won't|will not|must decline|(?:must|have to) (?:decline|refuse)|refuse to|decline to) (?:to )?(?:\w+ ){{0,2}}{_TELL}",
    rf"\b(?:I(?:'m| am)|we(?:'re| are)) (?:unable|not able|not permitted|not allowed|not authori[sz]ed) to (?:\w+ ){{0,2}}{_TELL}",
    r"\b(?:I|we) (?:must|have to|need to) (?:\w+ )?(?:decline|refuse(?: (?:to|this|that|your|such|it|the request)\b|[.,;!]|\z)|refrain from)|\bI (?:cannot|can't) and (?:will not|won't) ",
    rf"(?:won't|will not) be able to (?:\w+ ){{0,1}}{_TELL}",
    r"\b(?:darf|kann) ich (?:dir |ihnen |euch )?(?:leider )?(?:keine Auskunft|nicht (?:helfen|antworten|weiterhelfen))|\bnie mogę (?:w tym |ci |panu |pani |państwu )?pomóc\b|\bnon posso (?:aiutar|rispondere)|\bno puedo (?:ayudar|responder)|\bje ne peux pas (?:vous |t')?(?:aider|répondre)|\bnão posso (?:ajudar|responder)|\bkan ik (?:u |je )?niet (?:helpen|beantwoorden)",
    r"\bdaar kan ik (?:u |je )?(?:helaas )?niet (?:bij|mee) helpen|\bs tím (?:vám |ti )?(?:bohužel )?(?:nemohu|nemůžu) pomoci|\bkan jag (?:tyvärr )?inte hjälpa|\byardımcı (?:olamam|olamıyorum)",
    r"(?:无法|不能)(?:协助|帮助您|帮助你|帮您|帮你|处理这个请求|处理该请求)|(?:ご質問|お問い合わせ|ご要望|リクエスト)には(?:お答え|お応え|対応)(?:できません|できかねます)|お手伝いできません|도와드릴 수 없습니다|도움을 드릴 수 없습니다|لا (?:أستطيع|يمكنني) (?:مساعدتك|المساعدة)|मदद नहीं कर सकत",
    r"(?:guidelines|policies|policy|programming|rules|instructions) (?:prevents?|prohibits?|forbids?|(?:do not|don't|does not|doesn't) (?:allow|permit)) me",
    rf"\bI(?:'m| am|'ve been| have been| was) (?:programmed|instructed|trained|designed|told|asked) not to (?:\w+ ){{0,1}}{_TELL}",
    r"\bI(?:'m| am) (?:prohibited from|forbidden to|barred from)",
    r"(?:inappropriate|unethical|irresponsible|improper|not appropriate) (?:for|of) me to",
    r"(?:as|being) an? (?:AI|artificial intelligence|(?:large )?language model)[^.]{0,60}(?:can(?:'t|not)|unable|not able|not allowed)",
    r"(?:goes|is) against (?:my|our|the) (?:guidelines|policy|policies|programming|rules)",
    r"\b(?:I(?:'m| am)|we(?:'re| are)) not comfortable (?:with )?(?:\w+ ){0,2}(?:help|assist|answer|provid|discuss|shar|that|this|talk|doing|writ|giv)",
    r"(?:is not|isn't|'s not) something (?:that )?(?:I|we)(?:'m| am| are|'re)? (?:can|will|able to|could|allowed|comfortable|permitted)",
    r"\b(?:I|we)(?:'d| would) (?:rather|prefer) not (?:to )?(?:answer|say|discuss|help|talk|get into|respond|comment)",
    r"\b(?:I|we)(?:'ll| will) (?:have to|need to) (?:pass|decline|refuse)",
    r"\b(?:this|that|your) (?:request|question|topic|query) (?:violates|is not (?:allowed|permitted)|cannot be (?:processed|fulfilled|answered)|is (?:inappropriate|off-limits|outside (?:of )?(?:what I|my)))",
    rf"\b(?:I(?:'m| am)|we(?:'re| are)) not in a position to (?:\w+ ){{0,1}}{_TELL}",
    r"(?:no puedo|no me es posible) (?:ayudar|responder|proporcionar|asistir)|(?:non posso|não posso) (?:aiutar|risponder|ajudar|responder)",
    r"\b(?:I|we) (?:do not|don't) feel comfortable",
    r"(?:can't|cannot|can not|won't|will not) (?:cover|get into|go into|touch on|touch) (?:this|that) (?:subject|topic|question|matter)",
    r"(?:is not|isn't|'s not) a (?:topic|subject|question|matter) (?:that )?(?:I|we) (?:can|will|may|am|are)",
    r"(?:dabei|damit|hierbei|das|diese[rn]?)[^.]{0,30} (?:kann|darf|möchte) ich[^.]{0,20} nicht (?:helfen|beantworten|weiterhelfen|sagen|besprechen|bearbeiten)",
    r"(?:kann|darf|möchte) (?:ich )?(?:dir |Ihnen )?(?:dabei|damit|diese (?:Frage|Anfrage))[^.]{0,20} nicht (?:helfen|beantworten|bearbeiten)",
    r"(?:muss|müssen|möchte) (?:ich|wir)[^.]{0,40} ablehnen\b",
    r"je ne (?:peux|suis) pas (?:en mesure (?:de|d'))?[^.]{0,20}(?:aider|répondre|traiter)",
)
CUTS = (
    r"\[(?:content |context |text |document )?truncated[^\]]{0,40}\]",
    r"\.\.\. ?\[?truncated",
    r"\(truncated\)",
    r"-{2,} ?(?:truncated|cut off) ?-{2,}",
    r"\[[^\]]{0,40}(?:truncated|cut off|trimmed|clipped|shortened)[^\]]{0,30}\]",
    r"\[[^\]]{0,30}(?:text|content|context|tokens|characters|lines|rest|remaining|remainder|document|passage)[^\]]{0,20} (?:omitted|removed|left out)[^\]]{0,20}\]",
    r"<truncated",
    r"\[(?:\.\.\.|…) ?(?:\d+ )?(?:more )?(?:tokens|characters|chars|bytes)",
    r"\[(?:\.\.\.|…|snip|cut|omitted)\][ \t]*(?:\n|\z)",
    r"\((?:the )?(?:content|context|text|document|input)s? (?:was |is |has been )?(?:cut|truncated|shortened)",
    r"(?:content|context|text|document|input)s? (?:was|were|is|has been|have been) (?:truncated|cut off)",
    r"(?:token|context|length) limit (?:was )?(?:reached|exceeded)",
)
GAPS = (
    r"(?:could not|couldn't|(?:I|we|search|query) (?:did not|didn't)|cannot|can't|unable to|not able to|n't able to) (?:find|locate) (?:any|anything|information|that|this|details|relevant|an? |the )",
    rf"(?:can't|cannot|could not|couldn't|unable to|not able to|don't|do not) (?:find|see|locate) [^.]{{0,60}} (?:in|among|within) (?:the|my|our|this|these|those|any of the) (?:\w+ ){{0,2}}{_SOURCES}\b",
    rf"(?:found|find|have|see|there (?:is|are|was)|there's|contains?|has|provides?|gives?|with) (?:no|not any|insufficient|not enough) (?:\w+ ){{0,2}}(?:{_SAID})\b",
    # `with no entry fee`, `has no data cap`
    r"(?:found|find|have|see|there (?:is|are|was)|there's|contains?|has|provides?|gives?|with) (?:no|not any|insufficient|not enough) (?:\w+ ){0,2}(?:entry|entries|data)(?: (?:on|for|about|in|of|under|regarding|at|available|here|to|from|that|which|matching|with|and|so)\b|[.,;:!?])",
    rf"(?:do not|don't|does not|doesn't|did not|didn't) (?:have|find|see|hold) (?:any |enough |sufficient |the |specific |relevant |access to ){{0,2}}{_KNOWN} (?:on|about|regarding|for|concerning|in|to|that|available)\b",
    rf"\b(?:no|not any|any) {_KNOWN}[^.]{{0,40}} (?:in|from|within) (?:the|our|my|these|those|provided) ?(?:provided |available |retrieved |given )?{_SOURCES}",
    rf"{_SOURCES}[^.]{{0,60}}(?:do(?:es)? not|don't|doesn't|did not|didn't) (?:contain|mention|include|cover|say|provide|specify|address|have|state|list|answer|discuss|tell)",
    r"(?:based on|from|given|according to|with) (?:the |this |what )?(?:available |provided |given |retrieved |current )?(?:information|contexts?|documents?|sources?|I have)[^.]{0,30} (?:can't|cannot|can not|unable to|not able to|could not|couldn't) (?:answer|say|tell|determine|provide|find|confirm)",
    rf"\bno (?:\w+ ){{0,2}}{_KNOWN} (?:were|was|are|is|could be|have been|has been) (?:found|available|returned|retrieved)",
    r"\bnothing (?:there|here|in (?:the|our|these|those) \w+) (?:that )?(?:answers|covers|mentions|addresses|explains|helps)\b",
    r"(?:is|are|was|were)(?: not|n't) (?:mentioned|described|documented|addressed|specified|stated|discussed|dealt with)\b",
    rf"(?:is|are|was|were)(?: not|n't) (?:covered|included|listed|contained)(?: \w+){{0,2}} (?:in|by|within|among|anywhere in) (?:\w+ ){{0,3}}{_SOURCES}",
    r"\b(?:this|that|topic|question|subject) (?:\w+ )?(?:is|are)(?: not|n't) (?:covered|included)(?:[.!?,;:]| (?:here|anywhere))",
    rf"\bnone of (?:them|these|those|(?:the|my|our) (?:\w+ ){{0,2}}(?:{_SOURCES}|{_PAPERS}))(?: \w+){{0,5}} {_COVER}",
    rf"(?:is|are|was)(?: not|n't) (?:something|anything|one|a (?:topic|subject|point|question|matter)) (?:that |which )?(?:the|my|our|this|these|those|any of the) (?:\w+ ){{0,2}}(?:{_SOURCES}|{_PAPERS}) (?:\w+ ){{0,2}}{_COVER}",
    rf"\binformation (?:\w+ ){{0,3}}(?:do(?:es)?|did)(?: not|n't) (?:\w+ )?{_COVER}",
    rf"(?:{_SOURCES}|{_PAPERS})[^.]{{0,60}}(?:is|are|was|were)(?: not|n't) (?:covered|addressed|dealt with|touched on|treated|answered) (?:there|in (?:it|them|any of them))\b",
    rf"\b{_PAPERS}\b[^.]{{0,40}} (?:do(?:es)?|did)(?: not|n't) (?:\w+ )?(?:mention|address|say|answer|discuss|tell|go into|deal with|speak|talk)\b",
    rf"(?:{_SOURCES}|{_PAPERS})[^.]{{0,30}} (?:say|says|tell|tells|state|states|contain|contains) nothing (?:\w+ )?(?:about|on|of|regarding|to)\b",
    r"(?:not|n't) (?:covered|mentioned|addressed|answered|described) (?:in|by) (?:what|anything|the part) (?:that )?(?:I|we)\b",
    rf"\bnothing in (?:the|my|our|this|these|those|any of the) (?:\w+ ){{1,4}}{_COVER}",
    rf"(?:do(?:es)?|did)(?: not|n't) (?:appear|occur|come up|show up|feature)(?: \w+){{0,2}} (?:in|among|within) (?:the|my|our|any of the|these|those)(?: \w+){{0,2}} {_SOURCES}",
    r"\b(?:files|records|notes|polic(?:y|ies)) (?:is|are|remain) silent (?:on|about|regarding)\b",
    r"(?:contains?|holds?|gives?|offers?|shows?|includes?) no (?:\w+ )?(?:hint|reference|clue|indication|trace|word)s? (?:to|of|on|about|that|for|as)\b",
    r"\bnothing (?:that )?(?:I|we) (?:was|were|have|have been|can|could|see|saw|found)(?: \w+){0,2} (?:touch|cover|mention|answer|address|say|explain|speak|deal|relate|tell|help)",
    r"\b(?:found|find|see) no (?:\w+ )?(?:rules?|articles?|sections?|pages?|passages?|paragraphs?|entry|entries|word) (?:about|on|for|regarding|of)\b",
    r"\bwithout finding (?:any|an answer|a word|it\b|this\b|that\b)",
    rf"(?:{_SOURCES}|{_PAPERS})[^.]{{0,30}} leaves? (?:this|that|it|the question) open\b",
    rf"\b{_PAPERS} (?:that )?(?:I|we) (?:have|was|were|can)[^.]{{0,30}} (?:do(?:es)?|did)(?: not|n't) (?:\w+ )?(?:cover|contain|include|list)\b",
    r"(?:is|are|was|were)(?: not|n't) answered (?:by|in|within|here|anywhere)\b",
    r"\b(?:I|we) (?:simply |currently )?lack (?:the |any |enough |sufficient )?(?:\w+ )?(?:information|details|data|context|documentation|knowledge|sources)\b",
    r"\b(?:outside|beyond) (?:of )?(?:what|anything) (?:\w+ ){1,4}(?:describes?|covers?|contains?|documents?|knows?|says?|tells?|explains?)\b",
    rf"(?:\b(?:I|we)|{_SOURCES}) (?:\w+ )?(?:do|does)(?: not|n't) (?:seem|appear) to (?:have|contain|cover|mention|include|say|describe|address|know|discuss|hold|list|provide)",
    r"\b(?:I|we|search|query|lookup|retrieval) (?:\w+ )?(?:came|come|turned) (?:up|back) (?:empty|blank|with nothing)\b",
    r"\b(?:search|query|lookup|retrieval) (?:\w+ )?(?:brought back|returned|gave|yielded|turned up|produced) nothing\b",
    r"(?:can't|cannot|can not|couldn't|could not|unable to|not able to) (?:tell|say|determine|see|work out|make out|answer|confirm)(?: \w+){0,3} (?:from|based on|with|using) (?:the|this|these|what|those|my) (?:\w+ ){0,2}(?:excerpts?|context|passages?|documents?|sources?|materials?|information|text|pages?|I have|I was)",
    r"(?:^|[.!,] )(?:sorry,? |but |honestly,? ){0,2}I (?:really |just |honestly )?(?:do not|don't) know(?: the answer)?[.,!;]",
    rf"{_SOURCES}[^.]{{0,40}}(?:is|are|has|have|was|were) (?:silent|nothing|no (?:mention|reference|information|details?)) ?(?:on|about|of|to|regarding)?\b",
    r"\b(?:I|we) (?:do not|don't|did not|didn't) (?:know|have (?:that|this|an?y?) (?:information|answer|details?))[^.]{0,60}(?:based on|from|given|in|according to) (?:the|this|these|my|our)",
    r"\b(?:outside|beyond) (?:of )?(?:the (?:scope|coverage) of )?(?:the|my|our|these|this) (?:\w+ )?(?:context|documents?|documentation|sources?|knowledge base|articles?|materials?|knowledge)\b",
    rf"(?:is|are|was|were)(?: not|n't) (?:among|part of|in|available in|found in) (?:the|our|my|any of|these|those)(?: \w+){{0,2}} {_SOURCES}",
    r"(?:found|find|there is|there's|have) nothing (?:about|on|regarding|in)\b",
    r"keine (?:\w+ )?(?:Informationen|Angaben|Hinweise|Treffer|Auskunft)|(?:leider |dazu )nichts gefunden|nichts (?:dazu|darüber) (?:gefunden|finden)|enth(?:ä|ae)lt[^.]{0,40} (?:keine|nicht)|steht nicht in",
    r"\bfinden? (?:ich|wir)[^.,]{0,50} nichts\b|geht[^.]{0,40} nicht hervor|\bsteht[^.,]{0,40} nichts\b|\bsteht[^.,]{0,30} nicht (?:in|auf)\b",
    r"(?:Unterlagen|Dokument\w*|Quellen?|Auszüge\w*|Texte\w*|Seiten|Handbuch|Regelwerk)[^.]{0,30} (?:sag|nenn|erwähn|behandel|enthalt|äußer|beantwort)\w+[^.]{0,30} (?:nicht|nichts|keine)",
    r"(?:wird|werden|ist|sind)[^.]{0,40} nicht (?:erwähnt|behandelt|genannt|beschrieben|aufgeführt|angegeben)\b",
    r"(?:fuentes|documentos|textos|páginas|extractos|manual|guía|contexto)[^.]{0,40} no (?:contienen?|mencionan?|incluyen?|dicen?|indican?|especifican?|responden?|tratan?)",
    r"no (?:he encontrado|encuentro|encontré|hay|tengo) (?:ninguna? )?(?:información|respuesta|datos|detalles)",
    r"(?:fonti|documenti|testi|pagine|manuale)[^.]{0,40} non (?:contengono|contiene|menzionano|menziona|dicono|dice|indicano|indica)|non ho trovato (?:nulla|niente|informazioni)",
    r"(?:documents?|sources|textes|pages|extraits|guide|manuel)[^.]{0,40} ne (?:contiennent|contient|mentionnent|mentionne|disent|dit|précisent|précise|répondent|répond|traitent)[^.]{0,20} (?:pas|rien|aucun)",
    r"aucune? (?:information|mention|document|résultat)|ne (?:mentionn|contien|précis)\w+ pas|n'ai rien trouvé|ne figure pas",
    rf"\bnone of the (?:\w+ ){{0,2}}(?:abstracts?|papers|stud(?:y|ies)|results?|entries|e-?mails|minutes|files|snippets|hits)(?: \w+){{0,4}} {_COVER}",
    r"\b(?:found|find|see) no (?:\w+ )?(?:abstracts?|papers?|stud(?:y|ies)|e-?mails?|minutes|files?|clauses?|recipes?|snippets?) (?:about|on|for|regarding|of|among)\b",
    r"\bso (?:I|we) (?:can't|cannot|can not) (?:say|tell you|report) (?:anything|any \w+|much) (?:about|on)\b",
    r"\b(?:do not|don't) see [^.;]{1,40} mentioned\b",
    r"\b(?:minutes|e-?mails|abstracts?|papers|letters)\b[^.]{0,70} (?:do(?:es)?|did)(?: not|n't) (?:\w+ )?(?:mention|cover|say|address|discuss)\b",
    r"\bnon si parla di\b|\bnon posso dir(?:le|ti|vi) nulla\b|\bmais pas (?:de |d'|du |des )[^.]{2,40}\. Je ne peux(?: donc)? pas\b",
    *DECLINES,
)
MEANS = (
    r"\b(?:I|we) only have access to\b|\b(?:there is|there's) no [\w ]{2,30} connected to me\b",
    r"\bdaar heb ik geen (?:toegang|functie|mogelijkheid)|\bdafür (?:gibt es|habe ich) (?:hier |leider )?keine? (?:Funktion|Möglichkeit|Werkzeug)",
    r"\b(?:I|we) (?:\w+ )?(?:do not|don't) (?:currently |yet |actually )?have (?:the |a |an |any )?(?:\w+ ){0,2}(?:ability|tools?|capability|capabilities|way|functions?|functionality|permissions?|means)(?: (?:to|for|that|of|available|needed|required)|[.,;!]|\z)",
    r"\b(?:I|we) (?:currently |unfortunately |sadly )?(?:do not|don't)(?: currently| yet)? have (?:any )?(?:direct )?access to",
    rf"\b(?:can(?:'t|not)|can not|unable to|not able to|not possible for me to|no way to|no (?:tool|function|option|means) (?:to|for)) (?:directly )?{_DO}\b[^.!?]{{0,60}}(?:from here|for you|on your behalf|in this (?:chat|conversation)|myself|directly|from this chat)",
    rf"\b(?:I'm|I am|I'm currently|I am currently) (?:not able|unable) to (?:directly )?(?:{_DO}|take|control|move|turn|operate|settle|roll back|pause)\b",
    rf"\bI (?:can't|cannot|can not) (?:directly )?{_DO} (?:\w+ )?\w+s(?:[.,;!]| (?:in|on|of) (?:your|the|our)\b)",
    r"(?:is|are)(?: not|n't) (?:something|things) (?:that )?I (?:can|could|am able to|'m able to) (?:do|make|perform|place|offer|arrange|process|handle|carry out)\b",
    r"\b(?:I|we) (?:do not|don't) have (?:that|this|such an?) (?:option|function|feature|possibility|ability|tool|permission)\b",
    r"(?:there is|there's|with) (?:currently )?no (?:tools?|functions?|capability|integration)(?: (?:available|here|at hand|at my disposal|that I have))?(?: (?:to|for) me)? (?:to|for|that|which)",
    r"(?:there is|there's|with|is) no (?:way|option|means|possibility)(?: available)? (?:for|to) me\b",
    r"\bno (?:tools?|functions?|integration) (?:for|to|that) [^.!?]{0,40} (?:available|exists?|offered|provided)",
    r"\b(?:(?:I|we)(?:'ve| have)|(?:this|the) (?:assistant|chat|chatbot|bot|agent) has) (?:currently )?no (?:way|means|possibility|option|permission|ability|tools?|functions?) (?:to|for|of|that)",
    r"\bI (?:can't|cannot|can not) (?:directly )?(?:perform|execute|carry out|initiate|trigger|place|make|process) (?:\w+ ){0,2}(?:cancell?ations?|actions?|changes?|bookings?|transactions?|payments?|refunds?|orders?|operations?)\b",
    r"\bI can only [^.!?]{0,50}\bI (?:can't|cannot|can not|am not able|am unable)",
    r"(?:with|using) the (?:tools|functions) (?:that )?(?:I|we) have\b",
    r"\bI(?:'m| am) not (?:equipped|set up|built|configured) (?:to|for)\b",
    r"\b(?:none of|not among|not one of|not part of|not within|outside of) my (?:available )?(?:tools|functions|capabilities)",
    r"\bmy (?:available )?(?:tools|functions|capabilities|toolset|toolbox) (?:(?:do not|don't|does not|doesn't|cannot|can't) (?:allow|support|let|cover|include|extend)|only (?:allow|support|let|cover|include))",
    r"\b(?:I|we) (?:currently )?lack (?:the|a|an|any) (?:\w+ )?(?:tools?|ability|functions?|permissions?|capability|capabilities|means|access)",
    r"(?:isn't|is not|not) (?:currently )?(?:supported|possible|available) (?:through|with|via|from|in|using|by) (?:this|my|the) (?:\w+ )?(?:chat|assistant|tools?|channel|conversation|functions?)",
    r"\b(?:I|we) only have (?:access to )?(?:tools|functions)\b",
    rf"(?:can(?:'t|not)|can not|unable to|not able to|n't able to) (?:directly )?{_DO}\b[^.!?]{{0,60}}\b(?:from|in|through|via|over|with) {_HERE}\b",
    rf"(?:is not|isn't|are not|aren't|not) (?:currently |yet )?(?:possible|available|supported|doable|an option) (?:for|to|through|with|from|via|over) {_HERE}\b",
    rf"(?:not|n't) possible (?:\w+ ){{1,8}}(?:through|via|from|over|in) {_HERE}\b",
    r"\b(?:beyond|outside|exceeds?) (?:of )?my (?:\w+ )?(?:abilities|capabilities|powers|permissions|remit|reach)\b",
    rf"(?:cannot|can't|can not) be (?:\w+ ){{1,3}}(?:through|by|via|from|over|in) {_HERE}\b",
    r"\b(?:beyond|outside|more than) (?:of )?what (?:I|this (?:chat|assistant|bot))(?: am|'m| is| can)(?: currently)?(?: able to| allowed to| set up to)? (?:do|handle|carry out|perform|change|offer)\b",
    r"\bno (?:such )?(?:option|function|feature|tool|action|command|means|possibility)(?: (?:is|are))?(?: available| open| offered| given)? (?:to|for) me\b",
    r"\bI(?:'ve| have| was| am|'m)(?: not|n't) (?:been )?(?:given|provided|equipped|granted|offered) (?:with )?(?:a|an|any|the) (?:\w+ )?(?:tools?|functions?|means|way|ability|permissions?)\b",
    r"\b(?:action|request|function|step|operation|change)s? (?:is not|isn't|are not|aren't) (?:something|one) (?:that )?I (?:have|can (?:do|perform|carry out))\b",
    r"ing (?:\w+ ){0,5}is (?:something|a thing) (?:that )?I (?:can't|cannot|can not|am not able to|'m not able to|am unable to|'m unable to) (?:do|perform|carry out|arrange)\b",
    r"ing (?:\w+ ){0,5}(?:is not|isn't) something (?:that )?I(?: can|'m able to| am able to) (?:do|perform|carry out)\b",
    r"\b(?:is|are)(?: not|n't) (?:in|within) my (?:power|hands|remit|gift)\b",
    r"(?:can't|cannot|can not|not able to|unable to)\b[^.!?]{1,60}[,;.] (?:\w+ )?(?:I|all I) (?:can )?only (?:look|read|see|search|show|tell|check|report|answer|list)\b",
    rf"\bI (?:can't|cannot|can not|am not able to|'m not able to) (?:{_DO}|order|roll back|deploy|buy|sell|submit|control|move|play)\b[^.!?]{{1,60}}[.;,] I (?:can (?:handle|look|read|show|check|only|manage|do|control|search|list)|only have)\b",
    r"\bich kann (?:leider )?(?:kein|nicht|den|die|das|Ihr|dein|Sie |dich )[^.!?]{0,60}\b(?:reservieren|buchen|umbuchen|stornieren|ändern|bestellen|löschen|vornehmen|auslösen|einreichen|überweisen|ausführen|sperren|verlängern|kündigen|anlegen|verschieben)\b[^.!?]{0,30}[.;,] (?:Ich kann|Möglich|Ich habe|nur)",
    r"\bno puedo (?:presentar|reservar|cancelar|cambiar|pedir|enviar|realizar|hacer|modificar|tramitar|pagar|anular|comprar)\b[^.!?]{1,60}[;.,] (?:aquí )?(?:sólo|solo|únicamente|puedo)\b|\bno tengo (?:ninguna? )?(?:forma|manera|herramienta|posibilidad|función|permiso)s? (?:de|para)\b",
    r"\bje ne (?:suis pas en mesure|dispose pas de (?:moyen|la possibilité)|n'ai pas la possibilité) d(?:e (?:réserver|modifier|changer|commander|payer|supprimer|procéder)|'(?:annuler|envoyer|effectuer))",
    r"\bno puedo (?:reservar|cancelar|cambiar|enviar|modificar|tramitar|pagar|anular|comprar)\b[^.!?]{1,60}\bdesde (?:aquí|este chat)|\bnon posso (?:prenotare|annullare|cambiare|modificare|inviare|pagare)\b[^.!?]{1,60}\bda qui\b",
    r"\bnão (?:posso|consigo) (?:reservar|cancelar|alterar|mudar|enviar|pagar)\b[^.!?]{1,60}\b(?:daqui|por aqui|a partir daqui)\b",
    r"\bje ne peux pas (?:réserver|annuler|modifier|changer|commander|envoyer|payer|effectuer|supprimer)\b[^.!?]{1,60}[;.,] je (?:peux|ne peux que)\b",
    r"\bkann ich (?:\w+ ){0,2}nicht (?:erstatten|reservieren|buchen|umbuchen|stornieren|ändern|bestellen|löschen|überweisen|sperren|verlängern|kündigen|verschicken|versenden)\b",
    r"(?:von hier aus|(?:über|durch) mich|in diesem Chat|im Chat)[^.!?]{0,60}nicht\b|\bnicht (?:von hier aus|über mich|in diesem Chat)\b",
    r"(?:fehlt mir|habe ich|ich habe)[^.!?]{0,30}(?:kein (?:Werkzeug|Zugriff)|keinen Zugriff|keine (?:Funktion|Möglichkeit|Berechtigung)|(?:das|ein) Werkzeug|die (?:Funktion|Möglichkeit|Berechtigung))",
)
"""Of each kind of sentence the usual wordings; every form is looked for in the one scan of texts, and then by `re`."""


def _exact(forms: Sequence[str]) -> re.Pattern[str]:
    """Either apostrophe."""
    return re.compile("|".join(forms).replace("'", "['’]").replace(r"\z", r"\Z"), re.IGNORECASE)


def _for_scan(form: str) -> str:
    """A looser form for the scan, which reads bytes: a letter that is not ASCII may be any bytes, and a gap of any length."""
    form = form.replace("'", "(?:'|’)").replace(r"\z", "$")
    form = re.sub(r"\[\^[^\]]+\]\{0,\d+\}", ".*", form)
    return re.sub(r"[^\x00-\x7f]", r"[\\x80-\\xff]{1,3}", form)


LEAST_TOLD = 3
"""Words of content in a sentence that tells something."""
_LEADS_IN = re.compile(
    r"\b(?:thank|sorry|apolog|hello|question|ask(?:ed|ing)|look(?:ed|ing)|search|check(?:ed|ing)|read|(?:gone|went|go) through|understand|regret|help|happy|glad|"
    r"unfortunate|danke|frage|gesucht|leider|merci|gracias|pregunta)\w*|^(?:hi|dear|hey)\b|" + LEADS_UP,
    re.IGNORECASE,
)
"""Courtesies, reports of a search and what a source does tell, before what is missing is said."""


def has_told(text: str, at: int) -> bool:
    """Whether a sentence before has told something already: then it is a detail that was left open."""
    before = [text[start:end] for start, end in sentences(blanked(text)) if end <= at]
    return any(not one.endswith("?") and len(keys(one)) >= LEAST_TOLD and not _LEADS_IN.search(one) for one in before)


_FORMS: dict[Fact, tuple[str, ...]] = {"refusal": REFUSALS, "cut": CUTS, "gap": GAPS, "means": MEANS}
_EXACT: dict[Fact, dict[str, re.Pattern[str]]] = {
    fact: {f"{fact} {number}": _exact((form,)) for number, form in enumerate(forms)} for fact, forms in _FORMS.items()
}
"""Each form by a name of its own: only those that the scan saw are looked for."""

_OF_ANSWERS: frozenset[Fact] = frozenset({"refusal", "gap", "means"})
_ASKING = frozenset({"user", "system", "developer", "tool"})
"""Roles of messages that are no answers: whether they decline is not looked for."""

REDACTED_CONFIDENCE = 0.9

Span = tuple[int, int]


class Facts(msgspec.Struct, gc=False):
    """What one text says."""

    text: str
    """As it reads: what a message says, or the leaves of JSON with their keys, joined by line breaks."""
    raw: bytes
    role: str = ""
    """Of a message."""
    calls_tool: bool = False
    """A message with a tool call in it."""
    pii: tuple[Match, ...] = ()
    secrets: tuple[Match, ...] = ()
    overrides: tuple[Match, ...] = ()
    foreign: tuple[Match, ...] | None = ()
    """Instructions that are foreign to a document. None: worth a look, which is paid for on documents only."""
    refusal: Span | None = None
    cut: Span | None = None
    gap: Span | None = None
    """Where it says that the sources do not contain what was asked for."""
    means: Span | None = None
    """Where it says that there is no tool or way to do it."""
    failed: bool | None = None
    """Whether it is an error that a tool handed back. None: nobody has asked."""


NOTHING = Facts("", b"")


class Texts:
    """Facts by content hash. One thread at a time."""

    def __init__(self, patterns: Mapping[str, Sequence[str]] | None = None) -> None:
        """`patterns`: further loose expressions by the name that `having` knows them by."""
        self._scanner = _scanner(patterns or {})
        self._named = frozenset(patterns or ())
        self._known: dict[bytes, Facts] = {}
        self._true: dict[str, set[bytes]] = {name: set() for name in (*_FACTS, *self._named)}
        self._present: dict[str, set[bytes]] = {}
        self._bytes = 0
        self._lookup: Lookup = lambda _: None

    def enter(self, hashes: set[bytes], lookup: Lookup) -> None:
        """Look at the texts of a batch that are new; `lookup` stays the source until the next batch."""
        self._lookup = lookup
        if self._bytes > REMEMBERED_BYTES:
            self._known.clear()
            for true in self._true.values():
                true.clear()
            self._bytes = 0
        for one in hashes.difference(self._known):
            self._learn(one)
        self._present = {fact: true & hashes for fact, true in self._true.items()}

    def having(self, fact: str) -> set[bytes]:
        """The texts of this batch of which it is true: a `Fact`, or a name of further patterns."""
        return self._present[fact]

    def facts(self, content_hash: bytes) -> Facts:
        """Facts about a text; empty where the text is absent, expired or erased."""
        known = self._known.get(content_hash)
        return known if known is not None else self._learn(content_hash)

    def raw(self, content_hash: bytes) -> bytes:
        """A text that nobody scans, such as a schema."""
        return self._lookup(content_hash) or b""

    def _learn(self, content_hash: bytes) -> Facts:
        raw = self._lookup(content_hash) if content_hash != NO_BODY else None
        if raw is None:
            return NOTHING  # not remembered: another batch may bring it
        facts = self._known[content_hash] = self._read(content_hash, raw)
        self._bytes += len(raw) + 400
        return facts

    def _read(self, content_hash: bytes, raw: bytes) -> Facts:
        role, calls, text = _leaves(raw)
        facts = Facts(text, raw, role, calls)
        # JSON is scanned as it reads: an escape may stand inside of what is looked for.
        hits = self._scanner(text.encode("utf-8", "replace") if raw[:1] in _JSON_STARTS else raw)
        if not hits:
            return facts
        if "pii" in hits:
            facts.pii = pii.find_pii(text)
        if "secrets" in hits:
            facts.secrets = credentials.find_secrets(text)
        if _REDACTED in hits:
            facts.pii, facts.secrets = _with_placeholders(text, facts.pii, facts.secrets)
        if "overrides" in hits:
            facts.overrides = injection.find_overrides(text)
        if "foreign" in hits or facts.overrides:
            facts.foreign = None
        for fact, exact in _EXACT.items():
            if fact in hits and not (fact in _OF_ANSWERS and role in _ASKING):
                seen = (form.search(text) for name, form in exact.items() if name in hits)
                setattr(facts, fact, min((found.span() for found in seen if found), default=None))
        for fact in _FACTS:
            if getattr(facts, fact) != getattr(NOTHING, fact):
                self._true[fact].add(content_hash)
        for name in hits & self._named:
            self._true[name].add(content_hash)
        return facts


def _with_placeholders(
    text: str, personal: tuple[Match, ...], secrets: tuple[Match, ...]
) -> tuple[tuple[Match, ...], tuple[Match, ...]]:
    """What a content policy took out keeps its label and its type."""
    removed = [Match(hit[1], *hit.span(), hit[0], REDACTED_CONFIDENCE) for hit in PLACEHOLDER.finditer(text)]
    return (
        apart((*personal, *(one for one in removed if one.type not in credentials.TYPES))),
        apart((*secrets, *(one for one in removed if one.type in credentials.TYPES))),
    )


def foreign_instructions(facts: Facts) -> tuple[Match, ...]:
    """Instructions in a text from outside: attacks by their words, and requests that are foreign to the document."""
    if facts.foreign is None:
        facts.foreign = injection.find_injection(facts.text)
    return facts.foreign


def prefilter(forms: Sequence[str]) -> Callable[[str], bool]:
    """Whether a text may have one of the forms, for a small part of what `re` takes to say so. Caseless; not for several threads."""
    flags = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH
    # `re` knows letters of other alphabets as letters, too.
    loose = [_for_scan(form.replace(r"\b", "").replace(r"\w", r"[\w\x80-\xff]")).encode() for form in forms]
    database = _database(tuple((one, flags) for one in loose))

    def scan(text: str) -> bool:
        hits: list[int] = []
        database.scan(text.encode("utf-8", "replace"), match_event_handler=lambda at, *_: hits.append(at))
        return bool(hits)

    return scan


def _scanner(further: Mapping[str, Sequence[str]]) -> Callable[[bytes], set[str]]:
    caseless, caring = hyperscan.HS_FLAG_CASELESS, 0
    groups: tuple[tuple[str, tuple[str, ...], int], ...] = (
        ("pii", pii.PREFILTERS, caring),
        ("secrets", credentials.PREFILTERS, caring),
        ("overrides", injection.PREFILTERS, caseless),
        ("foreign", injection.DOCUMENT_PREFILTERS, caseless),
        *((fact, tuple(map(_for_scan, forms)), caseless) for fact, forms in _FORMS.items()),
        *((name, (_for_scan(form),), caseless) for fact, forms in _FORMS.items() for name, form in zip(_EXACT[fact], forms, strict=True)),
        (_REDACTED, (r"\[redacted:",), caring),
    )  # fmt: skip
    single = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_DOTALL
    forms = [(pattern, group, flags) for group, patterns, flags in groups for pattern in patterns]
    forms += [(pattern, name, caseless) for name, patterns in further.items() for pattern in patterns]
    groups_of: dict[tuple[bytes, int], tuple[str, ...]] = {}  # what several groups look for is looked for once
    for pattern, group, flags in forms:
        expression = pattern.encode(), flags | single
        groups_of[expression] = (*groups_of.get(expression, ()), group)
    found = list(groups_of.values())
    database = _database(tuple(groups_of))

    def scan(text: bytes) -> set[str]:
        hits: set[str] = set()
        database.scan(text, match_event_handler=lambda at, *_: hits.update(found[at]))
        return hits

    return scan


def _database(expressions: tuple[tuple[bytes, int], ...]) -> hyperscan.Database:
    """Expressions with their flags, compiled once a process: many take a second. Each caller has a copy, since a scan writes into it."""
    database = hyperscan.loadb(_compiled(expressions), hyperscan.HS_MODE_BLOCK)
    database.scratch = hyperscan.Scratch(database)
    return database


@cache
def _compiled(expressions: tuple[tuple[bytes, int], ...]) -> bytes:
    made = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    made.compile(
        expressions=[one for one, _ in expressions],
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[flags for _, flags in expressions],
    )
    serialized: bytes = hyperscan.dumpb(made)
    return serialized


class _Message(msgspec.Struct, gc=False):
    """The convention's JSON message, as decoding writes it."""

    role: str
    parts: list[dict[str, Any]]


_json = msgspec.json.Decoder().decode
_message = msgspec.json.Decoder(_Message).decode
_JSON_STARTS = (b"{", b"[")
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


def _leaves(raw: bytes) -> tuple[str, bool, str]:
    """Role and tool calls where the text is a message; leaves of JSON with their keys, else the text itself."""
    if raw[:1] not in _JSON_STARTS:
        return "", False, raw.decode("utf-8", "replace")
    if b'"parts"' in raw:
        with contextlib.suppress(*_UNREADABLE):
            return _said(_message(raw))
    try:
        value = _json(raw)
    except _UNREADABLE:
        return "", False, raw.decode("utf-8", "replace")
    found: list[str] = []
    _strings(value, found)
    return "", False, "\n".join(found)


def _said(message: _Message) -> tuple[str, bool, str]:
    calls = False
    said: list[str] = []
    for part in message.parts:
        kind = part.get("type")
        if kind == "text" and isinstance(part.get("content"), str):
            said.append(part["content"])
        elif kind == "tool_call":
            calls = True
        elif kind not in ("reasoning", "blob"):
            _strings(part, said)
    return message.role, calls, said[0] if len(said) == 1 else "\n".join(said)


_MARKUP = frozenset({"type", "role"})
"""Keys whose values nobody wrote."""


def _strings(value: Any, into: list[str]) -> None:
    """Leaves in their order, `key: value` in objects: `{"password": ...}` and `{"ssn": ...}` mean what their keys say."""
    stack = [("", value)]
    while stack:
        key, item = stack.pop()
        if isinstance(item, str):
            into.append(f"{key}: {item}" if key else item)
        elif isinstance(item, dict):
            stack.extend((name, item[name]) for name in reversed(item) if name not in _MARKUP)
        elif isinstance(item, list):
            stack.extend((key, one) for one in reversed(item))
        elif isinstance(item, int) and not isinstance(item, bool) and abs(item) > 10**8:
            into.append(f"{key}: {item}" if key else str(item))
