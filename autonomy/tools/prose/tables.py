"""Tables of words: wordy phrases, two ways of spelling, words that are often misspelt.

They are short on purpose. An entry belongs here only when it holds whatever the sentence: phrases
whose shorter form means exactly the same, spellings that are right in one variety and wrong in the
other, misspellings that are no other word.
"""

from __future__ import annotations

WORDY: dict[str, str] = {
    "in order to": "to",
    "so as to": "to",
    "due to the fact that": "because",
    "owing to the fact that": "because",
    "in view of the fact that": "because",
    "on account of the fact that": "because",
    "in spite of the fact that": "although",
    "despite the fact that": "although",
    "regardless of the fact that": "although",
    "in the event that": "if",
    "under the condition that": "if",
    "until such time as": "until",
    "at this point in time": "now",
    "at the present time": "now",
    "at that point in time": "then",
    "during the course of": "during",
    "in the course of": "during",
    "in close proximity to": "close to",
    "in the vicinity of": "near",
    "in the absence of": "without",
    "with the exception of": "except",
    "for the purpose of": "for",
    "for the reason that": "because",
    "in the near future": "soon",
    "on a daily basis": "daily",
    "on a weekly basis": "weekly",
    "on a monthly basis": "monthly",
    "on an annual basis": "annually",
    "on a regular basis": "regularly",
    "a large number of": "many",
    "a considerable number of": "many",
    "the vast majority of": "most",
    "the majority of": "most",
    "has the ability to": "can",
    "have the ability to": "can",
    "is able to": "can",
    "are able to": "can",
    "has the capacity to": "can",
    "have the capacity to": "can",
    "take into consideration": "consider",
    "takes into consideration": "considers",
    "taking into consideration": "considering",
    "took into consideration": "considered",
    "make use of": "use",
    "makes use of": "uses",
    "making use of": "using",
    "made use of": "used",
    "give rise to": "cause",
    "gives rise to": "causes",
    "gave rise to": "caused",
    "prior to": "before",
    "subsequent to": "after",
    "as a consequence of": "because of",
    "each and every": "each",
    "first and foremost": "first",
    "any and all": "all",
    "end result": "result",
    "final outcome": "outcome",
    "past history": "history",
    "future plans": "plans",
    "completely eliminate": "eliminate",
    "absolutely essential": "essential",
    "basic fundamentals": "fundamentals",
    "close proximity": "proximity",
    "collaborate together": "collaborate",
    "combine together": "combine",
    "merge together": "merge",
    "repeat again": "repeat",
    "revert back": "revert",
    "still remains": "remains",
    "still remain": "remain",
    "very unique": "unique",
    "utilise": "use",
    "utilises": "uses",
    "utilised": "used",
    "utilising": "using",
    "utilisation": "use",
    "utilize": "use",
    "utilizes": "uses",
    "utilized": "used",
    "utilizing": "using",
    "utilization": "use",
}
"""A phrase and what says the same in fewer words."""

EMPTY: tuple[str, ...] = (
    "it is important to note that",
    "it is worth noting that",
    "it is interesting to note that",
    "it should be noted that",
    "it must be noted that",
    "it can be noted that",
    "it needs to be noted that",
    "it is worth mentioning that",
    "it should be mentioned that",
    "it is worth pointing out that",
    "it should be pointed out that",
    "needless to say,",
    "as a matter of fact,",
    "it goes without saying that",
)
"""Openings of a sentence that say nothing; the sentence begins with what follows them."""

CONTRACTIONS: dict[str, str] = {
    "can’t": "cannot",
    "won’t": "will not",
    "don’t": "do not",
    "doesn’t": "does not",
    "didn’t": "did not",
    "isn’t": "is not",
    "aren’t": "are not",
    "wasn’t": "was not",
    "weren’t": "were not",
    "hasn’t": "has not",
    "haven’t": "have not",
    "hadn’t": "had not",
    "wouldn’t": "would not",
    "shouldn’t": "should not",
    "couldn’t": "could not",
    "mustn’t": "must not",
    "we’re": "we are",
    "they’re": "they are",
    "we’ve": "we have",
    "they’ve": "they have",
    "i’ve": "I have",
    "i’m": "I am",
    "we’ll": "we will",
    "they’ll": "they will",
}
"""Forms with one reading; “it’s” has two and is left alone."""

MISSPELT: dict[str, str] = {
    "accomodate": "accommodate",
    "accomodation": "accommodation",
    "acheive": "achieve",
    "acheived": "achieved",
    "accross": "across",
    "agressive": "aggressive",
    "alot": "a lot",
    "apparant": "apparent",
    "arguement": "argument",
    "assesment": "assessment",
    "basicly": "basically",
    "begining": "beginning",
    "beleive": "believe",
    "benifit": "benefit",
    "calender": "calendar",
    "catagory": "category",
    "comittee": "committee",
    "concious": "conscious",
    "consistant": "consistent",
    "definately": "definitely",
    "dependant on": "dependent on",
    "developement": "development",
    "dissapear": "disappear",
    "embarass": "embarrass",
    "enviroment": "environment",
    "enviromental": "environmental",
    "existance": "existence",
    "experiance": "experience",
    "foriegn": "foreign",
    "goverment": "government",
    "harrass": "harass",
    "hypotesis": "hypothesis",
    "immediatly": "immediately",
    "independant": "independent",
    "interupt": "interrupt",
    "knowlege": "knowledge",
    "liason": "liaison",
    "maintainance": "maintenance",
    "neccessary": "necessary",
    "necesary": "necessary",
    "noticable": "noticeable",
    "occassion": "occasion",
    "occured": "occurred",
    "occurence": "occurrence",
    "occuring": "occurring",
    "paralel": "parallel",
    "parliment": "parliament",
    "persistant": "persistent",
    "posession": "possession",
    "prefered": "preferred",
    "prevelant": "prevalent",
    "priviledge": "privilege",
    "publically": "publicly",
    "reccomend": "recommend",
    "recieve": "receive",
    "recieved": "received",
    "refered": "referred",
    "relevent": "relevant",
    "resistence": "resistance",
    "seperate": "separate",
    "seperately": "separately",
    "sieze": "seize",
    "similiar": "similar",
    "succesful": "successful",
    "successfull": "successful",
    "supercede": "supersede",
    "suprise": "surprise",
    "tendancy": "tendency",
    "therefor": "therefore",
    "threshhold": "threshold",
    "tommorow": "tomorrow",
    "truely": "truly",
    "untill": "until",
    "wich": "which",
    "could of": "could have",
    "should of": "should have",
    "would of": "would have",
    "might of": "might have",
    "must of": "must have",
}

_PAIRS = """
analyse/analyze analysed/analyzed analysing/analyzing behaviour/behavior behavioural/behavioral
behaviours/behaviors catalogue/catalog centre/center centres/centers centred/centered
colour/color colours/colors coloured/colored defence/defense endeavour/endeavor
favour/favor favourable/favorable favourite/favorite favours/favors fibre/fiber fibres/fibers
flavour/flavor fulfil/fulfill harbour/harbor honour/honor humour/humor kilometre/kilometer
kilometres/kilometers labour/labor litre/liter litres/liters metre/meter metres/meters
millimetre/millimeter modelling/modeling modelled/modeled mould/mold neighbour/neighbor
neighbours/neighbors neighbouring/neighboring neighbourhood/neighborhood odour/odor offence/offense
paediatric/pediatric programme/program programmes/programs rumour/rumor sceptical/skeptical
signalling/signaling signalled/signaled skilful/skillful sulphur/sulfur theatre/theater
travelled/traveled travelling/traveling tumour/tumor tumours/tumors vapour/vapor vigour/vigor
labelled/labeled labelling/labeling cancelled/canceled cancelling/canceling grey/gray
aluminium/aluminum anaemia/anemia haemoglobin/hemoglobin oestrogen/estrogen foetus/fetus
ageing/aging judgement/judgment licence/license practise/practice
"""
_EITHER_NOUN_OR_VERB = frozenset({"licence", "practise", "programme", "programmes", "judgement"})
"""Pairs in which the American form is right in British English too, as another part of speech."""

BRITISH: dict[str, str] = {
    british: american
    for pair in _PAIRS.split()
    for british, american in [pair.split("/")]
    if british not in _EITHER_NOUN_OR_VERB
}
"""British spelling to American."""

_ISE_STEMS = """
author capital categor central character civil criminal crystal digital economic emphas equal
fertil final formal general global harmon hospital hypothes ideal immun industrial initial
legal local maxim mechan minim mobil modern monopol natural neutral normal optim organ
penal personal polar popular prior public random rational real recogn regular revolution
romantic scrutin social special stabil standard steril summar symbol synthes synchron theor
urban util victim visual vandal
"""
ISE: dict[str, str] = {
    f"{stem}{british}": f"{stem}{american}"
    for stem in _ISE_STEMS.split()
    for british, american in (
        ("ise", "ize"),
        ("ises", "izes"),
        ("ised", "ized"),
        ("ising", "izing"),
        ("isation", "ization"),
        ("isations", "izations"),
        ("isational", "izational"),
    )
}
"""Spelling with -ise to spelling with -ize, which is American and of some British presses."""
