"""What the styles' manuals ask for, as text files, and the works that they show."""
