"""Facts that code can hold against a text: quantities with their units, dates, names, polarity.

`compare.findings` says which facts of a claim do not stand in a passage. Nothing here judges
meaning; what it cannot tell it leaves alone, because a false alarm costs a true sentence.
"""
