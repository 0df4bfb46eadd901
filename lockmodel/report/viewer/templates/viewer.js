// Steps through the schedules of every viewer on the page. Texts go in as text, never as markup.
"use strict";
(() => {
  const WORDS = { can: "can move", ended: "has ended", stopped: "its execution ended here", full: "its cache has no slot left" };
  const CHANGES = 6; // told beside the step; the tables have all

  const make = (tag, text, kind) => {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };

  // The states of a schedule: 0 is before its first step. A beat is
  // [thread, cells, links on, links off, status, held, nexts, origins, breaks], cut after the last that says something.
  const statesOf = (data, beats) => {
    const [cells, links, status, held, nexts] = data.opening;
    const first = {
      cells: new Array(data.cells.length).fill(null),
      links: new Uint8Array(data.labels.length),
      status: new Map(status),
      held: held,
      nexts: nexts,
    };
    for (const [cell, value] of cells) first.cells[cell] = value;
    for (const link of links) first.links[link] = 1;
    const states = [first];
    for (const [thread, changed = [], on = [], off = [], status = [], has = null, next = []] of beats) {
      const last = states[states.length - 1];
      const state = {
        cells: changed.length ? last.cells.slice() : last.cells,
        links: on.length || off.length ? last.links.slice() : last.links,
        status: status.length ? new Map([...last.status, ...status]) : last.status,
        held: has ? last.held.map((old, who) => (who === thread ? has : old)) : last.held,
        nexts: next.length ? last.nexts.slice() : last.nexts,
      };
      for (const [cell, value] of changed) state.cells[cell] = value;
      for (const link of off) state.links[link] = 0;
      for (const link of on) state.links[link] = 1;
      for (const [who, number] of next) state.nexts[who] = number;
      states.push(state);
    }
    return states;
  };

  const start = (root) => {
    const data = JSON.parse(root.querySelector(".lv-data").textContent);
    const schedules = [data.beats, [...data.beats.slice(0, data.shared), ...data.passing]];
    const states = schedules.map((beats) => statesOf(data, beats));
    const changing = new Uint8Array(data.cells.length);
    for (const each of states) {
      for (let n = 1; n < each.length; n++) {
        if (each[n].cells === each[n - 1].cells) continue;
        each[n].cells.forEach((value, cell) => { if (value !== each[n - 1].cells[cell]) changing[cell] = 1; });
      }
    }
    const find = (selector) => root.querySelector(selector);
    const all = (selector) => [...root.querySelectorAll(selector)];
    const slider = find("input[type=range]");
    const now = find(".lv-now");
    const everything = find("[data-all]");
    const turns = [...new Set(all("[data-go]").map((each) => Number(each.dataset.go)))].sort((a, b) => a - b);
    let track = 0;
    let at = 0;

    // --- what is made once ---------------------------------------------------------------------------------------
    const objects = data.objects.map((name, number) => {
      const box = make("div");
      const head = make("dt", name);
      box.append(head);
      find(".lv-objects dl").append(box);
      const fields = [];
      data.cells.forEach(([owner, label], cell) => {
        if (owner !== number) return;
        const field = make("dd");
        fields.push([cell, label, field]);
        box.append(field);
      });
      return { name, number, box, head, fields };
    });
    const rows = all(".lv-threads tbody tr");
    const locals = data.threads.map((_, thread) => {
      const mine = [];
      data.cells.forEach(([owner, label, within], cell) => { if (owner === -1 - thread) mine.push([cell, label, within]); });
      return mine;
    });
    const lines = all(".lv-line").map((element) => ({
      element,
      text: element.querySelector("text"),
      links: (element.dataset.links || "").split(" ").filter(Boolean).map(Number),
      waits: (element.dataset.nexts || "").split(" ").filter(Boolean).map(Number),
      ends: element.dataset.ends.split(" ").map(Number),
    }));
    const nodes = all(".lv-node").map((element) => ({
      element,
      note: element.querySelector(".lv-node-note"),
      thread: data.threads.indexOf(element.dataset.node),
      object: objects.find((one) => one.name === element.dataset.node),
    }));

    // --- one state -----------------------------------------------------------------------------------------------
    const told = (cell) => {
      const [owner, label] = data.cells[cell];
      return label ? `${data.objects[owner]}.${label}` : data.objects[owner];
    };

    const stands = ([how, , , wants, by, behind]) => {
      if (how !== "waits") return WORDS[how];
      const who = by ? `, held by ${by}` : behind ? `, behind ${behind}` : "";
      return `waits${wants ? ` for ${wants}` : ""}${who}`;
    };

    const rowOf = (which, n) => find(`[data-track="${n <= data.shared ? 0 : which}"] tr[data-n="${n}"]`);

    const showNow = (state, before) => {
      now.replaceChildren();
      const whole = states[track].length - 1;
      if (!before) {
        now.append(make("span", `Before the first of ${whole} steps.`, "lv-now-step"));
        return;
      }
      const [thread, , , , , , , origins = [], breaks = []] = schedules[track][at - 1];
      const row = rowOf(track, at);
      const [, operation, line] = data.nexts[before.nexts[thread]];
      const done = row ? row.querySelector("code").textContent : operation;
      const came = row ? (row.querySelector("strong") || {}).textContent : data.details[at <= data.shared ? 0 : track][at];
      const place = row ? row.lastElementChild.textContent : line;
      const which = track ? " of the schedule that passes" : "";
      now.append(make("span",
        `Step ${at} of ${whole}${which}. ${data.threads[thread]}: ${done}${came ? ` ${came}` : ""} (${place})`, "lv-now-step"));
      const able = data.threads.filter((_, n) => n !== thread && data.nexts[before.nexts[n]][0] === "can");
      if (able.length) now.append(make("span", `Could have moved instead: ${able.join(", ")}.`));
      const changes = [];
      state.cells.forEach((value, cell) => {
        if (value === before.cells[cell] || data.cells[cell][0] < 0) return;
        const was = before.cells[cell];
        changes.push(`${told(cell)} ${was === null ? "" : `${was} → `}${value === null ? "no more" : value}`);
      });
      for (const [owner, how] of state.status) {
        if (owner >= 0 && before.status.get(owner) !== how) changes.unshift(`${data.objects[owner]} ${how === "live" ? "allocated" : how || "given back"}`);
      }
      if (changes.length) {
        const more = changes.length > CHANGES ? `, and ${changes.length - CHANGES} more` : "";
        now.append(make("span", `Changed: ${changes.slice(0, CHANGES).join("; ")}${more}.`));
      }
      for (const [what, value, by, was, seen] of origins.slice(0, CHANGES)) {
        const writer = data.threads[schedules[track][by - 1][0]];
        now.append(make("span", `It found ${what} = ${value}, as ${writer} left it in step ${by}${was ? `; in step ${seen} it had found ${was}` : ""}.`));
      }
      for (const one of breaks) now.append(make("span", `✗ ${one}`, "lv-now-bad"));
    };

    const showThreads = (state, before) => {
      rows.forEach((row, thread) => {
        const [holds, next, can, has] = row.querySelectorAll("td");
        const what = data.nexts[state.nexts[thread]];
        const acts = before && schedules[track][at - 1][0] === thread;
        row.classList.toggle("lv-acts", Boolean(acts));
        holds.textContent = state.held[thread].join(", ") || "no lock";
        holds.classList.toggle("lv-changed", Boolean(before) && before.held[thread] !== state.held[thread]);
        next.replaceChildren();
        if (what[1]) next.append(make("code", what[1]), ` ${what[2]}`);
        can.textContent = stands(what);
        can.classList.toggle("lv-waits", what[0] === "waits");
        const shown = locals[thread].filter(([cell]) => state.cells[cell] !== null);
        has.replaceChildren(...shown.map(([cell, label], n) => {
          const fresh = before && state.cells[cell] !== before.cells[cell];
          return make("span", `${label} = ${state.cells[cell]}${n < shown.length - 1 ? ", " : ""}`, fresh ? "lv-changed" : "");
        }));
      });
    };

    const showObjects = (state, before) => {
      for (const { name, number, box, head, fields } of objects) {
        const how = state.status.get(number);
        let visible = 0;
        for (const [cell, label, field] of fields) {
          const value = state.cells[cell];
          const was = before ? before.cells[cell] : value;
          const fresh = value !== was;
          field.hidden = (value === null && !fresh) || !(everything.checked || changing[cell]);
          field.className = fresh ? "lv-changed" : "";
          field.textContent = `${label || "lock"}: ${value === null ? "no more" : value}`;
          if (fresh && was !== null) field.append(make("span", ` (was ${was})`, "lv-was"));
          visible += !field.hidden;
        }
        const turned = before && before.status.get(number) !== how;
        head.textContent = how === "freed" ? `${name} (freed)` : name;
        head.className = turned ? "lv-changed" : "";
        box.hidden = !turned && (!how || (!visible && how !== "freed"));
      }
    };

    const showHeap = (state, before) => {
      const touched = new Set();
      for (const { element, text, links, waits, ends } of lines) {
        const on = links.filter((link) => state.links[link]);
        const waiting = waits.filter((next) => state.nexts.includes(next));
        const labels = on.map((link) => data.labels[link]).concat(waiting.map((next) => `waits for ${data.nexts[next][3].split(".").pop()}`));
        const fresh = (link) => state.links[link] !== before.links[link];
        if (labels.length) ends.forEach((end) => touched.add(end));
        element.classList.toggle("lv-there", labels.length > 0);
        element.classList.toggle("lv-new", Boolean(before)
          && (links.some(fresh) || waiting.some((next) => !before.nexts.includes(next))));
        text.textContent = [...new Set(labels)].join(", ");
      }
      nodes.forEach(({ element, note, thread, object }, number) => {
        const acts = before && thread >= 0 && schedules[track][at - 1][0] === thread;
        const how = object ? state.status.get(object.number) : data.nexts[state.nexts[thread]][0];
        const there = object ? how === "freed" || (how && touched.has(number)) : how !== "ended";
        const fresh = before && object && (before.status.get(object.number) !== how
          || object.fields.some(([cell]) => state.cells[cell] !== before.cells[cell]));
        const nulls = thread < 0 ? [] : locals[thread].filter(([cell]) => state.cells[cell] === "NULL").map(([, label]) => label);
        element.classList.toggle("lv-there", Boolean(there));
        element.classList.toggle("lv-gone", how === "freed");
        element.classList.toggle("lv-new", Boolean(fresh));
        element.classList.toggle("lv-acts", Boolean(acts));
        note.textContent = thread < 0 ? `${fresh ? "● " : ""}${how === "freed" ? "freed" : ""}`
          : nulls.length ? `${[...new Set(nulls)].join(", ")} = NULL` : "";
      });
    };

    const showRow = () => {
      for (const row of all("tr[aria-current]")) row.removeAttribute("aria-current");
      const gap = (one) => Number(one.dataset.from) <= at && at <= Number(one.dataset.to);
      const left = at <= data.shared ? 0 : track;
      const row = at ? rowOf(track, at) || all(`[data-track="${left}"] tr[data-from]`).find(gap) : null;
      if (!row) return;
      row.setAttribute("aria-current", "step");
      const box = row.closest(".lv-scroll"); // scrolled by itself, so that the page stays where it is
      const head = box.querySelector("thead").offsetHeight;
      const top = row.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
      if (top - head < box.scrollTop) box.scrollTop = top - head;
      else if (top + row.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + row.offsetHeight - box.clientHeight;
    };

    const show = () => {
      const state = states[track][at];
      const before = at ? states[track][at - 1] : null;
      const last = states[track].length - 1;
      slider.max = last;
      slider.value = at;
      slider.setAttribute("aria-valuetext", at ? `step ${at} of ${last}, ${data.threads[schedules[track][at - 1][0]]}` : "before the first step");
      for (const button of all("button[data-track]")) button.setAttribute("aria-pressed", String(Number(button.dataset.track) === track));
      showNow(state, before);
      showThreads(state, before);
      showObjects(state, before);
      showHeap(state, before);
      showRow();
      root.dataset.at = `${track}:${at}`;
    };

    const go = (which, n) => {
      track = which;
      at = Math.max(0, Math.min(n, states[track].length - 1));
      show();
    };

    const DEEDS = {
      first: () => go(track, 0),
      back: () => go(track, at - 1),
      on: () => go(track, at + 1),
      last: () => go(track, states[track].length - 1),
      "turn-back": () => go(0, Math.max(0, ...turns.filter((n) => n < at))),
      "turn-on": () => go(0, Math.min(states[0].length - 1, ...turns.filter((n) => n > at))),
    };
    const KEYS = { ArrowLeft: "back", ArrowRight: "on", Home: "first", End: "last" };

    // --- what a reader does --------------------------------------------------------------------------------------
    root.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button && button.dataset.do) return DEEDS[button.dataset.do]();
      if (button && button.dataset.track) return go(Number(button.dataset.track), at);
      if (button && button.dataset.step) return go(0, Number(button.dataset.step));
      const row = event.target.closest("tr[data-n], tr[data-from]");
      if (row) go(Number(row.closest("table").dataset.track), Number(row.dataset.n || row.dataset.from));
      return undefined;
    });
    root.addEventListener("keydown", (event) => {
      const deed = KEYS[event.key];
      const target = event.target;
      if (!deed || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || target.matches("input")) return;
      const box = target.closest(".lv-scroll, .lv-panel");
      if (box === target && box.scrollWidth > box.clientWidth && event.key.startsWith("Arrow")) return; // it scrolls
      event.preventDefault();
      DEEDS[deed]();
    });
    slider.addEventListener("input", () => go(track, Number(slider.value)));
    everything.addEventListener("change", show);

    for (const turn of all("[data-go]")) { // "step 6" can be gone to
      const place = turn.querySelector(".lv-turn-n");
      const button = make("button", place.textContent);
      button.type = "button";
      button.dataset.step = turn.dataset.go;
      place.replaceChildren(button);
    }
    root.classList.add("lv-on");
    for (const each of all(".lv-live")) each.hidden = false;
    show();
    now.setAttribute("aria-live", "polite"); // from now on: what stands there at first is not said of every viewer
  };

  for (const root of document.querySelectorAll(".lv")) start(root);
})();
