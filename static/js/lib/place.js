// What is open, kept in the address after “#” so that a reload shows the same: `#document=…&source=…`.

function read() {
  return new Map(
    location.hash
      .slice(1)
      .split("&")
      .map((pair) => pair.split("="))
      .filter(([name, value]) => name && value !== undefined),
  );
}

/** The values kept under `name`, or null: also where an address that was cut off cannot be read. */
export function placeOf(name) {
  try {
    return read().get(name)?.split(",").map(decodeURIComponent) ?? null;
  } catch {
    return null;
  }
}

/** Keep `values` under `name`; null forgets it. Other names stay as they are. */
export function keepPlace(name, values) {
  const places = read();
  if (values) places.set(name, values.map((value) => encodeURIComponent(value ?? "")).join(","));
  else places.delete(name);
  const hash = [...places].map(([key, value]) => `${key}=${value}`).join("&");
  const address = location.pathname + location.search + (hash ? `#${hash}` : "");
  if (address !== location.pathname + location.search + location.hash) history.replaceState(null, "", address);
}
