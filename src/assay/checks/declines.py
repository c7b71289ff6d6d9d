"""How answers say that the sources do not have what was asked for, in eight languages.

Three shapes: a source denies to tell (`the notes do not explain`), somebody has or finds nothing (`nothing was found on`), and a source
tells one thing and not the other (`lists the pressures, but no brands`). A subject that is no source may deny to tell, not to contain:
`the fare does not include bags` is an answer.

The forms are written so that Hyperscan reads them too: no looking ahead, and every repetition has a bound.
"""

from typing import Final

_SOURCE: Final = (
    r"(?:(?:con)?texts?|documents?|documentation|docs|sources?|knowledge base|articles?|materials?|passages?|pages?|excerpts?|extracts?|sections?|chapters?|search results|"
    r"handbooks?|manuals?|guides?|guidelines|leaflets?|brochures?|sheets?|notes?|notices?|files?|records?|runbooks?|recipes?|protocols?|bulletins?|regulations|rules|"
    r"requirements|policy|policies|terms|listings?|entry|entries|descriptions?|information|FAQs?|instructions|reports?|website)"
)
_TELL: Final = r"(?:say|mention|state|specify|indicate|discuss|explain|name|list|tell|describe|address|give|provide|talk about|speak of|deal with|go into|touch on|answer|contain anything|have anything)"
_TELLS: Final = r"(?:says?|mentions?|states?|specif(?:y|ies)|indicates?|explains?|names?|lists?|tells?|describes?|gives?|covers?|provides?|contains?|shows?|holds?|has|have)"
_DESCRIBES: Final = r"(?:mentions?|indicates?|explains?|names?|lists?|tells?|describes?|gives?|states?)"
_NOT: Final = r"(?:do|does|did)(?: not|n't)"
_ASKED: Final = r"(?:a|an|any|anything|the|its|their|who|what|which|when|where|whether|how|why|if)"
_DATA: Final = (
    r"(?:times|hours|dates|rules|prices|fares|rates|fees|figures|numbers|names|lists?|notes|schedules?|timetables?|recipes|instructions|guidelines|criteria|details|"
    r"information|documents?|data|statements?|specifications|contents|deadlines|terms|conditions)"
)
_AT_HAND: Final = r"(?:at hand|here|in front of me|available|on file|to go by)"
_ENGLISH: Final = (
    # A source denies to tell; it may be named in the sentence before.
    rf"\b{_SOURCE}\b[^.!?]{{0,60}} {_NOT} (?:\w+ )?{_TELL}\b",
    rf"(?:^|[.!?;] |\n)(?:but |however, |though )?(?:it|they|this|that) {_NOT} (?:\w+ )?(?:say|mention|state|specify|indicate|tell|name|explain|list|describe) {_ASKED}\b",
    rf"\b{_SOURCE}\b[^.!?;]{{0,80}} (?:lists?|gives?|names?|states?|mentions?|shows?|contains?|provides?|says?) (?:no|nothing|none)\b",
    rf"\b{_SOURCE} (?:\w+ ){{0,3}}(?:have|has) (?:no|nothing)\b",
    rf"\b(?:nothing|none of|nowhere)\b[^.!?]{{0,40}} {_SOURCE}\b[^.!?]{{0,30}} {_TELLS}\b",
    rf"\bno (?:\w+ ){{0,2}}{_DATA} (?:is|are|was|were) (?:given|mentioned|stated|listed|named|specified|indicated|described)\b",
    r"\b(?:is|are) (?:given|mentioned|stated|listed|named|described)[,;] (?:but |while )?[^.!?,;]{1,40} (?:isn't|aren't|is not|are not)(?: given| mentioned| stated| listed| named)?[.,;]",
    r"[,;] (?:but )?(?:a|an|the|its|their) (?:\w+ ){1,3}(?:isn't|aren't|is not|are not) (?:given|mentioned|stated|listed|named|specified)\b",
    # Nothing was found.
    r"\bnothing (?:\w+ )?(?:was|were|has been|could be|came|comes|turned) (?:found|retrieved|returned|back|up|available)\b",
    r"\b(?:search|query|lookup|retrieval)(?: \w+)? (?:did(?: not|n't) \w+|returned|brought(?: up| back)?|gave|found|yielded|produced|turned up) (?:anything|nothing|no|none)\b",
    r"\b(?:could not|couldn't|cannot|can't|unable to) (?:retrieve|see|find|locate) (?:any|anything)\b",
    rf"\b(?:could not|couldn't|cannot|can't|don't|do not) (?:retrieve|see|find|locate) [^.!?]{{1,60}} (?:in|among|within) (?:\w+ ){{0,3}}{_SOURCE}\b",
    r"\bno (?:hits|matches|search results)\b[^.!?]{0,12} (?:on|about)\b",
    rf"\bI (?:have|see|find|found|received) (?:nothing|no (?:\w+ ){{0,2}}{_DATA}) (?:on|about|for|of|regarding|{_AT_HAND})\b",
    rf"\bI (?:have no|don't have(?: any)?|do not have(?: any)?) (?:\w+ ){{0,2}}{_DATA}(?:[.,;!]| {_AT_HAND}\b| for\b| on\b| of\b| about\b)",
    rf"\bI (?:have no|don't have|do not have) [^.!?]{{1,60}} (?:{_AT_HAND}\b|in (?:the|my|this|these) (?:\w+ )?{_SOURCE}\b)",
    rf"\b{_SOURCE}\b[^.!?]{{0,60}}[,;] (?:but|and|yet|though) (?:\w+ ){{0,6}}(?:isn't|is not|aren't|are not|nothing (?:like that|of the kind) is) (?:in|among) (?:there|them|it)\b",
    r"\bmy (?:papers|notes|documents|sources|information|records|files|pages) (?:do not|don't|does not|doesn't) (?:\w+ )?(?:say|give|mention|state|tell|name|list|show|cover|have|contain)\b",
    # One thing is told and not the other.
    rf"\b{_SOURCE}\b[^.!?]{{0,10}} {_TELLS}\b[^.!?]{{1,80}},? but (?:nothing (?:about|on|of|for)|not (?:who|what|which|when|where|whether|how|why|if))\b",
    rf"(?:\b{_SOURCE}\b[^.!?]{{0,60}} {_DESCRIBES}|\bI (?:can |could |only |can only )?(?:find|see|have)|\bthere(?:'s| is| are) (?:information|details|something))\b[^.!?]{{1,120}}[,;] (?:but )?(?:none|nothing|no \w+|not {_ASKED})\b",
    rf"\b(?:outside|beyond|based on|on the basis of|from)(?: of)? [^.!?]{{0,30}}{_SOURCE}\b[^.!?]{{0,30}} (?:can't|cannot|unable to) (?:help|answer|say|tell)\b",
    rf"\b(?:can't|cannot|unable to) (?:help|answer|say|tell)\b[^.!?]{{0,40}} (?:based on|on the basis of|from) (?:this|the|my|these) (?:\w+ )?{_SOURCE}\b",
)
_QUELLE: Final = r"(?:Unterlage|Dokument|Quelle|Auszüge|Auszug|Text|Seite|Handbuch|Regelwerk|Merkblatt|Anleitung|Beschreibung|Information|Artikel|Abschnitt|Material)"
_GERMAN: Final = (
    rf"\b(?:sag|nenn|erwähn|enthalt|enthält|steh|find|geb|gib|mach|äußer|verrat)[^.!?]{{0,50}} [^.!?]{{0,30}}{_QUELLE}[^.!?]{{0,40}} (?:nicht|nichts|keine?[nr]?)\b",
    rf"{_QUELLE}[^.!?]{{0,50}} (?:nicht|nichts|keine?[nr]?)\b[^.!?]{{0,40}}(?:enthalten|aufgeführt|erwähnt|genannt|vermerkt|angegeben|beantworten|sagen|entnehmen|finden)\b",
    r"\b(?:dazu|darüber|davon|hierzu)\b[^.!?]{0,30} nichts\b[^.!?]{0,20}(?:gefunden|finden|vor\b|bekannt|enthalten)",
    r"\bnichts (?:gefunden|finden)\b|\bsteht (?:dort|da|darin|hier)[^.!?]{0,20} (?:nicht|nichts)\b",
    rf"(?:\b(?:finde|sehe|habe) ich|{_QUELLE}[^.!?]{{0,30}} (?:nenn|beschreib|erwähn|erklär|enthalt|enthält|sag))[^.!?]{{1,120}}, [^.!?]{{0,50}}\b(?:jedoch|aber|allerdings|hingegen|nur) (?:nicht|nichts|keine?[nr]?)\b",
)
_FUENTE: Final = r"(?:fuentes?|documentos?|documentación|textos?|páginas?|extractos?|manual|guía|contexto|artículos?|información|informaciones|ficha|folleto|normas|reglas)"
_SPANISH: Final = (
    rf"\b{_FUENTE}\b[^.!?]{{0,60}} no (?:l[aeo]s? )?(?:contiene|menciona|incluye|dice|indica|especifica|responde|trata|explica|nombra|aclara|precisa|detalla|figura|aparece)",
    r"\bno (?:encuentro|encontr(?:é|e)|he encontrado|hall(?:é|e)|veo|aparece|figura|consta|hay|tengo) (?:nada (?:sobre|acerca|al respecto|en|de)|(?:ning(?:ú|u)na? )?(?:datos?|informaci(?:ó|o)n|detalles?|documentos?|referencias?|indicaci(?:ó|o)n|menci(?:ó|o)n|reglas?))",
    rf"\bno puedo (?:responder|contestar|decir|ayudar)[^.!?]{{0,40}} (?:con|a partir de|según|basándome en) (?:la|los|las|el|lo|mis) {_FUENTE}",
    rf"\b{_FUENTE}\b[^.!?]{{0,60}} (?:menciona|indica|describe|explica|cita|recoge|enumera|da)n?\b[^.!?]{{1,120}},? pero (?:no (?:el|la|los|las|su|un|una|qu|si|cu|d(?:ó|o)nde|dicen?|mencionan?)|nada|ning(?:ú|u)n)",
)
_FONTE: Final = r"(?:fonti|documenti|documento|testi|testo|pagine|pagina|manuale|guida|contesto|articol[io]|informazioni|estratti|materiali|scheda|regolamento)"
_ITALIAN: Final = (
    rf"\b{_FONTE}\b[^.!?]{{0,60}} non (?:l[oaie] )?(?:contien|contengon|menzion|dic|indic|specific|riport|tratt|cita|parla|elenc|spieg|precisa|include|includono)",
    r"\bnon (?:trovo|ho trovato|risulta|risultano|vedo|c'è|ho) (?:(?:nulla|niente) (?:su|di|al riguardo|in proposito|ne)|(?:alcuna? |nessuna? )?(?:informazion|indicazion|dettagli|dati|menzion|document))",
    r"\bnon ho (?:gli|le|i|l')\s?(?:\w+ )?(?:orari|prezzi|dati|date|informazioni|dettagli|regole|tariffe|elenchi)",
    rf"\bnon posso (?:rispondere|dire|aiutar)[^.!?]{{0,40}} (?:con|in base a|sulla base d)[^.!?]{{0,10}} ?{_FONTE}",
    rf"\b{_FONTE}\b[^.!?]{{0,60}} (?:riporta|indica|menziona|elenca|descriv|cita|spiega|parla)[^.!?]{{1,120}},? ma (?:non|nulla|niente|nessun)\b",
)
_SOURCES_FR: Final = r"(?:documents?|documentation|sources?|textes?|pages?|extraits?|guide|manuel|informations?|articles?|fiches?|notices?|règlement|contexte)"
_FRENCH: Final = (
    rf"\b{_SOURCES_FR}\b[^.!?]{{0,60}} (?:ne |n')(?:l[ae]s? |l'|vous |en )?(?:contien|mentionn|dis|dit|précis|répond|trait|indiqu|donn|parl|expliqu|cit|évoqu|figur)[^.!?]{{0,30}} (?:pas|rien|aucun)",
    r"\bne (?:trouve|vois) (?:rien|aucune? (?:information|mention|document|indication|donnée|détail|réponse))|\bn'ai (?:\w+ ){0,2}(?:rien (?:trouvé|vu)|pas (?:trouvé|pu trouver) (?:d'information|de réponse|cette information))|\brien n'est (?:indiqué|précisé|dit)",
    rf"\bne (?:peux|puis) pas (?:y |vous |le )?(?:répondre|dire|aider)[^.!?]{{0,40}} (?:à partir|avec|d'après|sur la base)[^.!?]{{0,12}} {_SOURCES_FR}",
    rf"\b{_SOURCES_FR}\b[^.!?]{{0,60}} (?:indiqu|mentionn|décri|expliqu|cit|énumèr|donn|précis)[^.!?]{{1,120}},? mais (?:pas|rien|aucune?)\b",
)
_PORTUGUESE: Final = (
    r"\b(?:textos?|documentos?|documentação|fontes?|páginas?|artigos?|informações|guia|manual|contexto|excertos?|trechos?|regulamento)\b[^.!?]{0,80} não (?:o |a |os |as )?(?:mencion|diz|indic|cont(?:e|é|ê)m|refer|especific|inclu|trata|fala|respond|explic|const)",
    r"\bnão (?:encontrei|encontro|achei|vejo|foi encontrad|foram encontrad|consta|há|tenho)[^.!?]{0,50} (?:textos?|documentos?|documentação|fontes?|páginas?|informaç|nada|base de conhecimento)",
    r"\bnão posso (?:responder|dizer|ajudar)[^.!?]{0,40} (?:com|a partir d|com base n)[^.!?]{0,10} ?(?:documentos?|documentação|textos?|fontes?|informaç)",
    r"\b(?:textos?|documentos?|páginas?|informações|guia|manual|artigos?)\b[^.!?]{0,60} (?:indica|menciona|descreve|explica|fala|cita|lista|refere)[^.!?]{1,120},? mas (?:não|nada|nenhum)\b",
)
_BRON: Final = r"(?:documenten|document|bronnen|bron|teksten|tekst|pagina|pagina's|handleiding|artikel|artikelen|stukken|informatie|folder|reglement)"
_DUTCH: Final = (
    rf"\b{_BRON}\b[^.!?]{{0,60}} (?:vermeld|noem|zeg|zegt|geef|geven|bevat|staat|beschrijf|beschrijv|leg)[^.!?]{{0,40}} (?:niet|niets|geen)\b",
    rf"\b(?:niets|geen (?:informatie|gegevens|vermelding|details))\b[^.!?]{{0,40}} (?:gevonden|vinden|{_BRON})\b|\bstaat (?:er )?niet in\b|\bniets over\b[^.!?]{{0,40}} (?:gevonden|vinden)",
    rf"\b{_BRON}\b[^.!?]{{0,60}} (?:noem|vermeld|beschrijf|beschrijv|geef|geven)[^.!?]{{1,120}},? maar (?:niet|niets|geen)\b",
    rf"\b(?:op basis van|met|aan de hand van) [^.!?]{{0,20}}{_BRON}\b[^.!?]{{0,30}} (?:niet|geen) (?:beantwoorden|antwoord|zeggen)",
)
_ZRODLO: Final = r"(?:dokument|źród|tekst|materiał|stron|regulamin|instrukcj|artykuł|informacj|opis|fragment)"
_POLISH: Final = (
    rf"{_ZRODLO}[^.!?]{{0,60}} nie (?:wspomina|zawiera|podaj|mówi|określa|wymienia|odpowiada|wyjaśnia|ma\b|precyzuj)",
    r"\bnie (?:znalaz|znajduj|mam|widz|ma)[^.!?]{0,40} (?:informacj|niczego|nic\b|danych|wzmianki|odpowiedzi|zapis)|\bnic nie (?:mówi|wspomina|znalaz|ma\b|wiadomo)",
    rf"{_ZRODLO}[^.!?]{{0,60}} (?:podaj|wymienia|opisuj|wspomina|zawiera|określa)[^.!?]{{1,120}}, ale nie\b",
    rf"\bnie (?:mogę|potrafię) (?:odpowiedzieć|powiedzieć)[^.!?]{{0,40}} {_ZRODLO}",
)
_JAPANESE: Final = (
    r"(?:記載|情報|資料|説明|内容|回答)[^。]{0,20}(?:見つかりません|見つけられません|見当たりません|ありません|ございません|載っていない|載っていません|含まれていません|記載されていません)",
)
DECLINES: Final = (
    *_ENGLISH,
    *_GERMAN,
    *_FRENCH,
    *_SPANISH,
    *_ITALIAN,
    *_PORTUGUESE,
    *_DUTCH,
    *_POLISH,
    *_JAPANESE,
)
LEADS_UP: Final = (
    rf"\b{_SOURCE}\b[^.!?]{{0,60}} {_DESCRIBES}\b|\b{_SOURCE}\b[^.!?]{{0,40}} (?:covers?|says?|contains?|deals?|asks?) (?:\w+ )?only\b|\bI (?:can |only |can only )?(?:find|see)\b|"
    rf"{_QUELLE}[^.!?]{{0,30}} (?:sag|nenn|beschreib|erwähn|erklär|enthalt|enthält)|\b{_FUENTE}\b[^.!?]{{0,40}} (?:menciona|indica|describe|explica)|"
    rf"\b{_FONTE}\b[^.!?]{{0,40}} (?:riporta|indica|menziona|elenca|descriv)|\b{_SOURCES_FR}\b[^.!?]{{0,40}} (?:indiqu|mentionn|décri|expliqu)|"
    rf"\b{_BRON}\b[^.!?]{{0,40}} (?:noem|vermeld|beschrij)|{_ZRODLO}[^.!?]{{0,40}} (?:podaj|wymienia|opisuj|wspomina)|"
    r"\b(?:textos?|documentos?)\b[^.!?]{0,40} (?:indica|menciona|descreve|fala)"
)
"""What a source does tell, said before what it does not: `the article describes the refunds. It does not say who pays.`"""
