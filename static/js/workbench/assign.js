// Staff: who gets this document.
import { html, useEffect, useState } from "../lib/view.js";
import * as api from "../lib/api.js";
import { Refused } from "../ui/refused.js";

export function Assign({ check, path, act }) {
  const [people, setPeople] = useState(null);
  const [chosen, setChosen] = useState(String(check.assigned_to_id ?? ""));
  const [problem, setProblem] = useState(null);
  const [done, setDone] = useState("");

  useEffect(() => {
    api.get("/api/v2/checks/checkers").then(setPeople, setProblem);
  }, []);
  const assign = async (event) => {
    event.preventDefault();
    setProblem(null);
    setDone("");
    try {
      const now = await act("assign", () => api.post(`${path}/assign`, { checker_id: chosen ? Number(chosen) : null }));
      setDone(now.assigned_to ? `Assigned to ${now.assigned_to}.` : "Any checker may take it.");
    } catch (error) {
      setProblem(error);
    }
  };
  return html`<section class="work-card" aria-labelledby="assign-head"><h2 id="assign-head">Assign</h2>
    <p>${check.holder ? `It is with ${check.holder} now. Assigning it to somebody else takes it away from them; what they put together stays.` : "Only the person you choose can take it."}</p>
    ${people?.length === 0 && html`<p class="remark">Nobody is in the group Checkers yet. Add people in the administration.</p>`}
    <form class="assign-form" onSubmit=${assign}>
      <div class="field"><label for="checker">Checker</label>
        <select id="checker" class="select" value=${chosen} onChange=${(event) => setChosen(event.target.value)}>
          <option value="" selected=${chosen === ""}>Any checker</option>
          ${(people ?? []).map((one) => html`<option key=${one.id} value=${String(one.id)} selected=${chosen === String(one.id)}>${one.name} (${one.email})${one.holding ? `, holds ${one.holding}` : ""}</option>`)}
        </select></div>
      <button type="submit" class="button" disabled=${people === null}>Assign</button>
    </form>
    <p class="hint" role="status">${done}</p>
    ${problem && html`<${Refused} problem=${problem} title="That did not work" />`}
  </section>`;
}
