"""How models decline, in the languages that they are asked in."""

from __future__ import annotations

import re

_REFUSAL = re.compile(
    r"""\b(?:
      I(?:'|’)?m\ (?:very\ |really\ |so\ )?(?:sorry|unable|not\ able)|I\ am\ (?:sorry|unable|not\ able)
    | I\ (?:can(?:no|')?t|can’t|cannot|won(?:'|’)t|will\ not|must\ decline)
      \ (?:help|assist|comply|do|fulfil|provide|answer|complete|write|create|generate|continue)
    | as\ an\ (?:AI|artificial)\b | I\ must\ (?:decline|refuse)
    | (?:es\ )?tut\ mir\ (?:sehr\ )?leid | (?:dabei|damit|hierbei)\ kann\ ich\ \w*\ ?nicht | leider\ kann\ ich | als\ KI\b
    | (?:je\ suis\ )?désolée?\b | je\ ne\ (?:peux|puis)\ pas | en\ tant\ qu(?:'|’)IA\b
    | lo\ siento\b | no\ puedo\ (?:ayudar|cumplir|hacer|responder|proporcionar|escribir)
    | mi\ dispiace\b | non\ posso\ (?:aiutar|fornire|rispondere|scrivere)
    | sinto\ muito\b | desculpe\b | não\ posso\ (?:ajudar|fornecer|responder|escrever)
    | het\ spijt\ me\b | ik\ kan\ (?:je|u|dit|dat|hier)\b | извините | к\ сожалению | я\ не\ могу
    ) | 申し訳 | お手伝いできません | お答えできません | 抱歉 | 对不起 | 對不起 | 无法(?:提供|回答|协助|完成) | 無法(?:提供|回答|協助)
    | 죄송 | عذر[اً] | آسف | لا\ أستطيع | لا\ يمكنني | माफ़ | क्षमा""",
    re.I | re.X,
)
_WHERE = 300
"""An apology stands at the beginning."""


def refuses(text: str) -> bool:
    """Whether `text`, in which no answer was found, is an apology for not giving one."""
    return bool(_REFUSAL.search(text[:_WHERE]))
