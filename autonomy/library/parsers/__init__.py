"""One module per format; each turns bytes of a sniffed type into a `ParsedDocument`."""
