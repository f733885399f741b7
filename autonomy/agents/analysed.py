"""What a code step left, as those who write of it and check it read it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from autonomy.core.analysis import AnalysisResult, TableProfile
from autonomy.core.ports import Deps


class Analysed(BaseModel):
    """What a code step left, loaded again."""

    model_config = ConfigDict(frozen=True)

    id: str
    source_id: str
    profile: TableProfile
    result: AnalysisResult
    figures: dict[str, str]
    simulated: bool = False
    """Its program is a simulated model's."""


async def load_analysis(artifact_id: str, deps: Deps) -> Analysed:
    body = await deps.artifacts.load(artifact_id)
    return Analysed(
        id=artifact_id,
        source_id=str(body["source_id"]),
        profile=TableProfile.model_validate(body["profile"]),
        result=AnalysisResult.model_validate(body["result"]),
        figures=dict(body["figures"]),
        simulated=bool(body["provenance"]["simulated"]),
    )
