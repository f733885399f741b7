"""Bibliographies of reference managers (BibTeX, BibLaTeX, RIS, CSL-JSON) become CSL items."""
