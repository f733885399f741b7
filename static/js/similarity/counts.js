// The switches of what counts. Each counts anew at once; nothing is compared again.
import { html, useEffect, useRef, useState } from "../lib/view.js";
import { isUsual, MOST_SMALL, small, USUAL } from "./choices.js";

const SWITCHES = [
  ["quotes", "Leave out what is quoted and cited"],
  ["bibliography", "Leave out lists of references"],
  ["phrases", "Leave out common phrases"],
  ["hints", "Show hints at paraphrases"],
];
const TYPED_MS = 500;

export function WhatCounts({ choices, onChoose }) {
  return html`<details class="what-counts"><summary>What counts</summary>
    <div class="what-counts-body">
      ${SWITCHES.map(([name, label]) => html`<label key=${name} class="check-field"><input type="checkbox" checked=${choices[name]} onChange=${() => onChoose({ [name]: !choices[name] })} /> ${label}</label>`)}
      <${Small} value=${choices.small} onChoose=${(words) => onChoose({ small: words })} />
      ${!isUsual(choices) && html`<button type="button" class="link-button" onClick=${() => onChoose(USUAL)}>As usual again</button>`}
    </div></details>`;
}

function Small({ value, onChoose }) {
  const [text, setText] = useState(String(value));
  const timer = useRef(null);
  useEffect(() => setText(String(value)), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const settle = (typed) => {
    clearTimeout(timer.current);
    if (!/^\d{1,3}$/.test(typed.trim())) return;
    if (small(typed.trim()) !== value) onChoose(small(typed.trim()));
  };
  const onInput = ({ target }) => {
    setText(target.value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => settle(target.value), TYPED_MS);
  };
  const onBlur = () => {
    settle(text);
    if (!/^\d{1,3}$/.test(text.trim())) setText(String(value));
  };
  return html`<label class="check-field small-field">Leave out matches of fewer than
    <input class="input" type="number" min="0" max=${MOST_SMALL} step="1" inputmode="numeric" value=${text} onInput=${onInput} onBlur=${onBlur} aria-label="Least words of a match that counts" /> words</label>`;
}
