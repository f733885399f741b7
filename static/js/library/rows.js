// What the library holds, as far as it has been looked at: loaded in pages, kept up to date while
// files are read.
import { useCallback, useEffect, useRef, useState } from "../lib/view.js";
import * as api from "../lib/api.js";
import { SETTLED } from "../sources/words.js";

const PAGE = 60;
const MOST = 200; // the API's longest page; what lies beyond is not followed live
const POLL_MS = 1500;

export const NO_FILTER = { q: "", status: "", origin: "", reading: "", verification: "", type: "", year_from: "", year_to: "", sort: "newest" };

export function queryOf(filter) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value && !(name === "sort" && value === "newest")) query.set(name, value);
  return query;
}

export function useRows(filter) {
  const [state, setState] = useState({ rows: null, counts: {}, total: 0, cursor: null, failure: null });
  const asked = useRef(0);
  const loaded = useRef(0);
  const more = useRef(null); // what is under way to the end of the list
  const query = queryOf(filter).toString();

  const load = useCallback(async ({ more = "", keep = false } = {}) => {
    const number = (asked.current += 1);
    const address = new URLSearchParams(query);
    address.set("limit", keep ? String(Math.min(MOST, Math.max(PAGE, loaded.current))) : String(PAGE));
    if (more) address.set("cursor", more);
    try {
      const page = await api.get(`/api/v2/sources?${address}`);
      if (number !== asked.current) return; // a later question was asked meanwhile
      setState((now) => {
        const beyond = keep && loaded.current > MOST ? now.rows.slice(page.items.length) : [];
        const rows = more ? [...now.rows, ...page.items] : [...page.items, ...beyond];
        loaded.current = rows.length;
        return { rows, counts: page.counts, total: page.total, cursor: beyond.length ? now.cursor : page.next_cursor, failure: null };
      });
    } catch (failure) {
      if (number === asked.current) setState((now) => ({ ...now, failure }));
    }
  }, [query]);

  useEffect(() => {
    loaded.current = 0;
    load();
  }, [load]);

  const busy = Object.entries(state.counts).some(([status, n]) => n && !SETTLED.has(status));
  useEffect(() => {
    if (!busy) return undefined;
    // A look at all of it would leave the answer with more of it out of date.
    const timer = setInterval(() => document.hidden || more.current || load({ keep: true }), POLL_MS);
    return () => clearInterval(timer);
  }, [busy, load]);

  return {
    ...state,
    busy,
    reload: async () => {
      await more.current;
      return load({ keep: true });
    },
    more: async () => {
      if (!state.cursor) return;
      const mine = load({ more: state.cursor });
      more.current = mine;
      await mine;
      if (more.current === mine) more.current = null;
    },
    change: (saved) => setState((now) => ({ ...now, rows: now.rows?.map((row) => (row.id === saved.id ? { ...row, ...saved } : row)) })),
  };
}
