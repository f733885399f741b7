// How events arrive: a WebSocket that reconnects, and plain requests while it cannot be had.
import * as api from "../lib/api.js";

const POLL_MS = 2000;
const STALE_MS = 50000; // two missed heartbeats
const STALE_RETRY_MS = 2000;
const SETTLE_MS = 250; // how often a fresh socket is asked whether it has delivered everything
const FALLBACK_AFTER = 2; // failed sockets in a row before requests take over

/** Events in a text/event-stream body. */
export function parseEvents(body) {
  return body
    .split("\n\n")
    .flatMap((frame) => frame.split("\n").filter((line) => line.startsWith("data: ")))
    .map((line) => JSON.parse(line.slice(6)));
}

/** All events of a run after `after`, as they are now. */
export async function replay(runId, after, options) {
  return parseEvents(await api.text(`/api/v2/runs/${runId}/events?follow=false&after=${after}`, options));
}

/**
 * Follows one conversation.
 *
 * `onSubscribe()` is called before events are asked for anew; `positions()` gives {run id: last seq
 * seen} of every run to follow, `caughtUp()` whether nothing that is known to have happened is
 * missing; `onEvent` gets each envelope; `onState` gets "connecting" | "catching-up" | "live" |
 * "reconnecting" | "offline" | "polling" | "stale".
 */
export class Connection {
  #socket = null;
  #closed = false;
  #failures = 0;
  #timer = null;
  #watch = null;
  #poll = null;
  #lastFrame = 0;

  constructor({ conversationId, positions, unfinished, caughtUp, onSubscribe, onEvent, onState }) {
    Object.assign(this, { conversationId, positions, unfinished, caughtUp, onSubscribe, onEvent, onState });
    this.onOnline = () => this.#drop(0); // a socket from before may be dead without knowing it
    this.onOffline = () => this.#lost();
    this.onVisible = () => document.visibilityState === "visible" && this.#retryNow();
  }

  open() {
    window.addEventListener("online", this.onOnline);
    window.addEventListener("offline", this.onOffline);
    document.addEventListener("visibilitychange", this.onVisible);
    this.#watch = setInterval(() => this.#checkStale(), 5000);
    this.#connect();
  }

  close() {
    this.#closed = true;
    window.removeEventListener("online", this.onOnline);
    window.removeEventListener("offline", this.onOffline);
    document.removeEventListener("visibilitychange", this.onVisible);
    clearInterval(this.#watch);
    clearTimeout(this.#timer);
    this.#stopPolling();
    this.#socket?.close(1000);
  }

  /** Follow runs that began since the socket opened. */
  resubscribe() {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.onSubscribe();
      this.#socket.send(JSON.stringify({ type: "subscribe", after: this.positions() }));
    }
  }

  #connect() {
    if (this.#closed) return;
    if (!this.#failures) this.onState("connecting");
    else if (!this.#poll) this.#lost();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/conversations/${this.conversationId}/`);
    this.#socket = socket;
    socket.onopen = () => {
      this.#lastFrame = Date.now();
      this.onState("catching-up");
      this.resubscribe();
      const look = () => {
        if (this.caughtUp()) this.#settled(socket);
        else this.#timer = setTimeout(look, SETTLE_MS);
      };
      this.#timer = setTimeout(look, SETTLE_MS);
    };
    socket.onmessage = ({ data }) => {
      this.#lastFrame = Date.now();
      const event = JSON.parse(data);
      if (event.type !== "heartbeat") this.onEvent(event);
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.#socket || this.#closed) return;
      clearTimeout(this.#timer);
      if (code === 4401) {
        location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname)}`);
        return;
      }
      this.#failures += 1;
      if (this.#failures >= FALLBACK_AFTER) this.#startPolling();
      else this.#lost();
      const wait = Math.min(15000, 500 * 2 ** this.#failures) * (0.5 + Math.random() / 2);
      this.#timer = setTimeout(() => this.#connect(), wait);
    };
  }

  #lost() {
    this.onState(navigator.onLine ? "reconnecting" : "offline");
  }

  #settled(socket) {
    if (socket !== this.#socket || socket.readyState !== WebSocket.OPEN) return;
    this.#failures = 0;
    this.#stopPolling();
    this.onState("live");
  }

  #retryNow() {
    if (this.#closed || !this.#socket || this.#socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  #checkStale() {
    const open = this.#socket?.readyState === WebSocket.OPEN;
    if (open && this.unfinished().length && Date.now() - this.#lastFrame > STALE_MS) {
      this.onState("stale");
      this.#drop(STALE_RETRY_MS);
    }
  }

  /** Begin anew without waiting for a peer that no longer answers to close. */
  #drop(wait) {
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    clearTimeout(this.#timer);
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #startPolling() {
    if (this.#poll) return;
    this.onState("polling");
    const turn = async () => {
      try {
        for (const runId of this.unfinished()) {
          const events = await replay(runId, this.positions()[runId] ?? 0);
          events.forEach((event) => this.onEvent(event));
        }
        if (this.#poll) this.onState("polling");
      } catch (error) {
        if (this.#poll && error.transient !== false) this.#lost();
      }
      if (this.#poll) this.#poll = setTimeout(turn, POLL_MS);
    };
    this.#poll = setTimeout(turn, 0);
  }

  #stopPolling() {
    clearTimeout(this.#poll);
    this.#poll = null;
  }
}
