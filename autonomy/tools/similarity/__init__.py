"""How much of a draft is like texts that it is compared with: see `compare`."""

from autonomy.tools.similarity.compare import compare
from autonomy.tools.similarity.recount import recounted
from autonomy.tools.similarity.settings import SimilaritySettings
from autonomy.tools.similarity.texts import ComparedText

__all__ = ["ComparedText", "SimilaritySettings", "compare", "recounted"]
