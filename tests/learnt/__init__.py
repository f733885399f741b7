"""Services in the world that tools are learnt from: their documents, and local servers that answer
as these promise. Every work, station and person in them is invented."""
