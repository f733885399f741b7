// The one door to the vendored view library: `html` templates, components and hooks.
import { h, render, Component, Fragment } from "../../vendor/preact/preact.mjs";
import htm from "../../vendor/htm/htm.mjs";

export {
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from "../../vendor/preact/hooks.mjs";
export { Component, Fragment, h, render };

export const html = htm.bind(h);

/** A component that renders again only when one of its props changed (compared by identity). */
export function memo(component) {
  return class Memo extends Component {
    shouldComponentUpdate(next) {
      const now = this.props;
      const keys = Object.keys(next);
      return keys.length !== Object.keys(now).length || keys.some((key) => next[key] !== now[key]);
    }
    render(props) {
      return h(component, props);
    }
  };
}

/** What the server put into the page as `<script type="application/json" id=…>`. */
export function bootData(id = "boot") {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : {};
}
