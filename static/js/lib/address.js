// Addresses out of metadata and the web: only those of pages become links.

/** `address` if it leads to a web page, else an empty string. */
export const webAddress = (address) => (/^https?:\/\//i.test(address ?? "") ? address : "");

/** Where people find a work. */
export const landingOf = (source) => (source.doi ? `https://doi.org/${encodeURI(source.doi)}` : webAddress(source.csl?.URL) || webAddress(source.url));
