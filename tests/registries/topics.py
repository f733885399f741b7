"""What the made-up world has written about: five topics, twelve works each.

A row is a title and what the work found; `world` adds people, places and dates.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    slug: str
    journals: tuple[str, ...]
    opening: str
    designs: tuple[str, ...]
    closing: str
    rows: tuple[tuple[str, str], ...]
    medical: bool = False
    preprints: bool = False


SPACING = Topic(
    slug="spacing",
    journals=("Journal of Deliberate Learning", "Studies in Course Design", "Memory and Classroom"),
    opening="How practice is spread over time decides how much of it is still there later.",
    designs=(
        "We followed 412 first-year students of biology through one semester.",
        "In a randomised trial, 186 nursing students practised either in one block or in five sessions.",
        "We pooled 38 experiments with 6,204 participants in a random-effects model.",
        "Two cohorts of 240 engineering students were taught by the same lecturers in consecutive years.",
    ),
    closing="The results concern university courses and should not be carried over to children.",
    rows=(
        (
            "Spaced retrieval practice in first-year biology: a semester-long field experiment",
            "Spaced retrieval raised the delayed test score by 11.4 points (95 % CI 8.1 to 14.7) over massed practice.",
        ),
        (
            "Expanding and equal intervals give the same retention after six weeks",
            "Expanding and equal schedules did not differ after six weeks (difference 0.6 points, p = 0.71).",
        ),
        (
            "A meta-analysis of distributed practice in higher education",
            "The pooled effect of distributed practice was g = 0.54, smaller for problem solving (g = 0.31) than for facts.",
        ),
        (
            "Students do not choose to space: metacognition and study schedules",
            "Only 17 % of students spaced their study when they were free to choose.",
        ),
        (
            "Low-stakes quizzes and the forgetting curve in anatomy",
            "Weekly quizzes halved forgetting between week 3 and week 12.",
        ),
        (
            "Interleaving beats blocking for calculus exercises",
            "Interleaved exercises improved the final examination by 0.42 standard deviations.",
        ),
        (
            "Spacing without retrieval: rereading over five days",
            "Rereading in five sessions was no better than rereading in one (d = 0.05).",
        ),
        (
            "Feedback timing in spaced online quizzes",
            "Feedback delayed by one day gave 4.2 points more than immediate feedback.",
        ),
        (
            "Does spaced practice transfer to new problems?",
            "Transfer to new problems was improved in 9 of 14 comparisons, with a median of d = 0.22.",
        ),
        (
            "Sleep between sessions and the benefit of spacing",
            "The benefit of spacing was larger when a night of sleep lay between the sessions.",
        ),
        (
            "A failed replication of the optimal gap for one-month retention",
            "We did not find the optimum gap of seven days that was reported before.",
        ),
        (
            "Reminders by telephone make spaced practice stick",
            "Two reminders a week raised the share of students who spaced from 21 % to 58 %.",
        ),
    ),
)

HEAT = Topic(
    slug="heat",
    journals=("Urban Climate Letters", "Annals of City Forestry", "Built Environment and Health"),
    opening="Cities are warmer than their surroundings, and most of all at night.",
    designs=(
        "We logged air temperature at 84 street segments over three summers.",
        "A mobile survey by bicycle crossed 126 km of streets during twelve clear nights.",
        "We compared 31 cities in temperate climates by satellite and by station data.",
        "A calibrated microclimate model was run for four street canyons.",
    ),
    closing="Shade by day and warmth held at night have to be weighed against each other.",
    rows=(
        (
            "Street trees and night-time air temperature in compact districts",
            "Dense canopy cooled the afternoon by 1.9 °C and warmed the hours after midnight by 0.3 °C.",
        ),
        (
            "Canopy cover and heat-related emergency calls",
            "Each 10 percentage points of canopy went with 6 % fewer heat-related emergency calls.",
        ),
        (
            "Pale roofs against street trees: a comparison for thirty-one cities",
            "Pale roofs lowered the city mean by 0.4 °C, street trees lowered it by 0.7 °C.",
        ),
        (
            "The cooling distance of small parks",
            "Cooling could be measured up to 120 m from parks of less than two hectares.",
        ),
        (
            "Irrigation doubles the cooling of young street trees",
            "Irrigated young trees cooled by 0.8 °C, dry ones by 0.4 °C.",
        ),
        (
            "Wind corridors and trapped heat under closed canopies",
            "Closed canopies reduced wind speed by 46 % and held heat in narrow canyons.",
        ),
        (
            "Who lives in the shade? Income and canopy in nine cities",
            "The richest fifth of districts had 2.3 times the canopy of the poorest fifth.",
        ),
        (
            "Thermal comfort of pedestrians under plane trees and lindens",
            "Physiologically equivalent temperature fell by 9.2 °C under plane trees and by 7.8 °C under lindens.",
        ),
        (
            "Green facades and indoor temperature in heat waves",
            "Green facades lowered the indoor maximum by 1.1 °C in unventilated rooms.",
        ),
        (
            "Survival of street trees planted for cooling",
            "After five years 71 % of the trees planted for cooling were alive.",
        ),
        (
            "Cooling by trees in dry and in humid summers",
            "Cooling fell from 1.8 °C in humid to 0.9 °C in dry summers.",
        ),
        (
            "Costs and benefits of municipal planting programmes",
            "Benefits exceeded costs after fourteen years at a discount rate of 3 %.",
        ),
    ),
)

SHIFTS = Topic(
    slug="shifts",
    journals=("Nursing Work and Health", "Sleep at Work", "Occupational Medicine Review"),
    opening="Rotating shifts take sleep from those who care for others.",
    designs=(
        "We analysed rosters and diaries of 1,048 nurses in eleven hospitals.",
        "In a cluster-randomised trial, 24 wards changed to forward rotation for six months.",
        "A cohort of 2,311 nurses was followed for eight years.",
        "We searched five databases and pooled 27 observational studies.",
    ),
    closing="Rosters can be changed at little cost, and ought to be tried before people are.",
    medical=True,
    rows=(
        (
            "Forward-rotating rosters and sleep duration of hospital nurses",
            "Forward rotation lengthened main sleep by 34 minutes (95 % CI 21 to 47).",
        ),
        (
            "Night shifts and medication errors: a roster-linked study",
            "The odds of a medication error rose by 28 % from the third consecutive night shift on.",
        ),
        (
            "Short naps during night duty: a cluster-randomised trial",
            "A nap of 25 minutes reduced lapses of attention at 5 a.m. by 40 %.",
        ),
        (
            "Quick returns and sick leave in eleven hospitals",
            "Each quick return (less than 11 hours) went with 4 % more sick leave in the month that followed.",
        ),
        (
            "Rotating shifts and hypertension: eight-year follow-up",
            "The hazard ratio for hypertension was 1.19 (95 % CI 1.03 to 1.38) after five years of rotation.",
        ),
        (
            "Twelve-hour shifts and burnout among nurses",
            "Burnout was more frequent on twelve-hour than on eight-hour shifts (31 % and 22 %).",
        ),
        (
            "Bright light at the start of the night shift",
            "Bright light shortened reaction time by 18 ms and did not change daytime sleep.",
        ),
        (
            "Melatonin for day sleep after night work: a systematic review",
            "Melatonin lengthened day sleep by 21 minutes; the certainty of this evidence is low.",
        ),
        (
            "Self-rostering, control and sleep quality",
            "Self-rostering improved rated sleep quality but not its duration.",
        ),
        (
            "Chronotype and tolerance of night work",
            "Evening types slept 52 minutes longer after night shifts than morning types.",
        ),
        (
            "Commuting accidents after night duty",
            "Near-misses on the way home were reported after 12 % of night shifts and 3 % of day shifts.",
        ),
        (
            "Caffeine timing on night shifts: a crossover trial",
            "Caffeine after 3 a.m. cost 47 minutes of day sleep without better attention.",
        ),
    ),
)

REMOTE = Topic(
    slug="remote",
    journals=("Work and Place", "Journal of Organisational Evidence", "Labour Economics Notes"),
    opening="Where office work is done has become a choice.",
    designs=(
        "We use log data of 1,672 employees of a call-centre firm over two years.",
        "A lottery assigned 538 volunteers to work from home on two days a week.",
        "We surveyed 4,905 employees of 41 firms in three waves.",
        "Interviews with 63 managers were coded by two raters (kappa = 0.81).",
    ),
    closing="What holds for volunteers need not hold for those who are sent home.",
    rows=(
        (
            "Hybrid work and output: evidence from a lottery",
            "Two days at home a week left output unchanged (+0.9 %, 95 % CI -1.2 to 3.0).",
        ),
        (
            "Working from home cuts resignations by a third",
            "Resignations fell by 33 % among those who were allowed to work from home.",
        ),
        (
            "Remote work and the networks of new employees",
            "New employees who began remotely knew 40 % fewer colleagues after one year.",
        ),
        (
            "Monitoring software and trust in remote teams",
            "Monitoring lowered reported trust by 0.6 points on a scale of seven and did not change output.",
        ),
        (
            "Meetings multiply: calendars before and after the move home",
            "Meetings rose by 13 % in number and fell by 20 % in length.",
        ),
        (
            "Promotion of remote workers: conditional on performance, fewer",
            "Given equal performance, remote employees were promoted 19 % less often.",
        ),
        (
            "Commuting time saved and how it is spent",
            "Of 72 minutes saved per day, 40 % went to work and 34 % to leisure.",
        ),
        (
            "Home offices and back pain",
            "Back pain was reported by 38 % with and 51 % without a desk of their own.",
        ),
        (
            "Patents and distance: creativity in distributed teams",
            "Distributed teams filed 11 % fewer patents per inventor.",
        ),
        (
            "Rents follow the desk: housing near employers after 2020",
            "Rents within 5 km of large employers fell by 6 % relative to the outskirts.",
        ),
        (
            "Managers overestimate the cost of remote work",
            "Managers expected a loss of output of 9 % where none was measured.",
        ),
        (
            "Well-being and the right to disconnect",
            "A right to disconnect improved rated well-being by 0.2 standard deviations.",
        ),
    ),
)

CITING = Topic(
    slug="citing",
    journals=(
        "Transactions on Grounded Text",
        "Proceedings of the Workshop on Verifiable Writing",
        "Computational Scholarship",
    ),
    opening="Language models write references that look right and lead nowhere.",
    designs=(
        "We checked 3,600 references of twelve systems against four registries.",
        "We release a benchmark of 2,150 claims with sentence-level evidence.",
        "Two annotators judged 900 generated sentences (kappa = 0.74).",
        "We ablate retrieval, reranking and constrained decoding on three corpora.",
    ),
    closing="Code, prompts and judgements are released for others to check.",
    preprints=True,
    rows=(
        (
            "Retrieval-augmented generation halves invented references",
            "Retrieval lowered the share of invented references from 46 % to 21 %.",
        ),
        (
            "Opaque passage identifiers make citations verifiable",
            "Opaque passage identifiers lowered dangling citations from 8.3 % to 0.",
        ),
        (
            "Embedding similarity does not tell support from contradiction",
            "Cosine similarity separated support from contradiction with an AUC of 0.61 only.",
        ),
        (
            "A benchmark of claims with sentence-level evidence",
            "The best system found the supporting sentence for 68 % of the claims.",
        ),
        (
            "Numbers are where generated summaries go wrong",
            "Of all errors, 37 % were numbers that the source did not have.",
        ),
        (
            "Reranking with entailment for scientific claims",
            "Entailment reranking raised precision at five from 0.52 to 0.66.",
        ),
        (
            "Do writers notice unsupported sentences?",
            "Readers noticed 29 % of the unsupported sentences without and 71 % with marked passages.",
        ),
        (
            "Registry lookups as a cheap check of references",
            "A lookup in two registries found 94 % of the invented references.",
        ),
        (
            "Long contexts are no replacement for retrieval",
            "With the whole paper in the context, 24 % of the claims were still attributed to the wrong section.",
        ),
        (
            "Citations that survive revision",
            "After five revisions 97 % of the bound citations still resolved.",
        ),
        (
            "Quotation as attribution: a rule-based baseline",
            "A writer by rules that only quotes made no unsupported claim and was rated dull.",
        ),
        (
            "Retracted work in generated literature reviews",
            "Retracted papers were cited without a remark in 6 % of the generated reviews.",
        ),
    ),
)

TOPICS = (SPACING, HEAT, SHIFTS, REMOTE, CITING)
