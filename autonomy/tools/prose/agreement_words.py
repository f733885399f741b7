"""Words that the rules on agreement are sure of. Whoever adds one makes sure that it is no other
part of speech where the rule stands."""

from __future__ import annotations

NO_PLURALS = frozenset(
    """
    news means series species lens chaos cosmos ethos pathos logos headquarters crossroads corps
    summons gallows barracks innings whereabouts shambles kudos rabies diabetes measles mumps herpes
    scabies caries yes us this its works perhaps always whereas sometimes besides towards afterwards
    biceps forceps proceedings aerobics billiards
    """.split()
)
"""End as plurals do and are none, or may be none. So may all in -ss, -us, -is, -as and -ics."""

NEVER_VERBS = tuple(
    """
    firms companies participants patients respondents students teachers pupils children people women
    men countries policies authors articles methods findings variables theories strategies
    technologies hypotheses analyses algorithms parameters properties activities communities cities
    researchers scientists farmers managers workers results studies experiments societies industries
    observations conclusions limitations consequences outcomes opinions households interviewees
    """.split()
)
"""Plurals that are no form of a verb: one stands as a subject whatever words come before it."""

ONE_OF_MANY = {
    "result": "results", "finding": "findings", "study": "studies", "paper": "papers",
    "article": "articles", "method": "methods", "experiment": "experiments",
    "hypothesis": "hypotheses", "analysis": "analyses", "theory": "theories",
    "variable": "variables", "author": "authors", "researcher": "researchers",
    "participant": "participants", "student": "students", "teacher": "teachers",
    "country": "countries", "factor": "factors", "example": "examples", "approach": "approaches",
    "algorithm": "algorithms", "parameter": "parameters", "difference": "differences",
    "observation": "observations", "conclusion": "conclusions", "question": "questions",
}  # fmt: skip
"""Singular to plural. None is a collective, which takes either verb."""

SAYING = {
    "show": "shows", "suggest": "suggests", "indicate": "indicates", "demonstrate": "demonstrates",
    "confirm": "confirms", "reveal": "reveals", "imply": "implies", "support": "supports",
}  # fmt: skip
"""Verbs of what is found: plural to singular."""

OWNED = tuple(
    """
    ability absence aim approach authors basis beginning behaviour benefits capacity cause causes
    characteristics components conclusion conclusions consequence consequences content context cost
    costs creator design development effect effects effectiveness efficiency environment existence
    features findings founder function functions goal goals growth history impact impacts
    implementation implications importance influence inhabitants leader leaders limitations limits
    main meaning members methods name neighbours origin origins outcome outcomes owner owners parts
    performance population position potential predecessor properties purpose purposes quality
    relation relationship relevance residents result results role roots scope significance size
    strengths structure students subject success successor surroundings users usefulness validity
    weaknesses workers
    """.split()
)
"""What something has: behind “it's” or “there” they are hardly ever what is said to be."""

PARTICIPLES = {
    "went": "gone", "became": "become", "took": "taken", "wrote": "written", "began": "begun",
    "gave": "given", "saw": "seen", "fell": "fallen", "grew": "grown", "drew": "drawn",
    "knew": "known", "did": "done", "broke": "broken", "spoke": "spoken", "chose": "chosen",
    "ran": "run", "came": "come",
}  # fmt: skip
"""Past tense to participle."""

PLAIN_FORMS = {
    "showed": "show", "found": "find", "had": "have", "saw": "see", "took": "take", "gave": "give",
    "made": "make", "became": "become", "used": "use", "reported": "report",
    "observed": "observe", "changed": "change", "increased": "increase", "decreased": "decrease",
    "improved": "improve", "differed": "differ", "affected": "affect", "considered": "consider",
    "included": "include", "led": "lead", "reached": "reach", "received": "receive",
    "required": "require", "provided": "provide", "examined": "examine", "went": "go",
    "knew": "know", "came": "come", "began": "begin", "followed": "follow", "wanted": "want",
}  # fmt: skip
"""Past tense to the form behind “did not”."""
