/* The palette: type to find an action or a person, Enter does it. A combobox with a list box, after the pattern of the ARIA
   practices guide: the focus stays in the field, aria-activedescendant says which option is meant. */
(() => {
  'use strict';
  const { tag } = JSON.parse(document.documentElement.dataset.times || '{}'); // how the viewer writes numbers
  const dialog = document.getElementById('palette');
  if (!dialog) return;
  const input = document.getElementById('palette-input');
  const list = document.getElementById('palette-list');
  const none = document.getElementById('palette-none');
  const count = document.getElementById('palette-count');
  const { possible, places, keyNames, stored, store, element } = window.desk;
  const RECENT = 8;
  let runs = new Map(); // option id to what it does
  let timer = 0;
  let asked = 0;
  let found = []; // options of people, as the server sent them

  // Ids of actions only: the names of people stay out of the browser's storage.
  const recent = () => JSON.parse(stored('palette-recent') || '[]');
  const remember = (id) => store('palette-recent', JSON.stringify([id, ...recent().filter((other) => other !== id)].slice(0, RECENT)));

  // score tells how well a name fits: letters follow each other or begin a word ("gocont" is "Go to Contacts"), or they stand
  // together somewhere. Letters strewn over a name fit nothing: a person's name would find actions that nobody meant.
  const score = (name, wanted) => {
    const starts = [...name.matchAll(/(?<=^|[^\p{L}\p{N}])[\p{L}\p{N}]/gu)].map((match) => match.index);
    const rest = (nth, at) => {
      if (nth === wanted.length) return 0;
      const ways = starts.filter((start) => start > at && name[start] === wanted[nth]).map((start) => [start, 4]);
      if (name[at] === wanted[nth]) ways.push([at, starts.includes(at) ? 7 : 3]);
      return Math.max(...ways.map(([next, worth]) => worth + rest(nth + 1, next + 1)));
    };
    const total = rest(0, 0);
    if (total > -Infinity) return total - name.length / 100;
    return name.replace(/\s+/g, '').includes(wanted) ? 0 : null;
  };
  const fitting = (text) => {
    const wanted = text.toLowerCase().replace(/\s+/g, '');
    const late = recent();
    const rank = (id) => (late.includes(id) ? late.length - late.indexOf(id) : 0);
    return [...possible().filter((action) => action.palette !== false && action.run), ...places()]
      .map((action) => ({ action, score: score(`${action.name} ${action.group}`.toLowerCase(), wanted) }))
      .filter((entry) => entry.score !== null)
      .sort((a, b) => (wanted ? b.score + rank(b.action.id) / 4 - a.score - rank(a.action.id) / 4 : rank(b.action.id) - rank(a.action.id)))
      .map((entry) => entry.action);
  };

  const sprite = document.querySelector('svg.icon use')?.getAttribute('href').split('#')[0];
  const icon = (name) => {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('class', 'icon');
    svg.setAttribute('aria-hidden', 'true');
    const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
    use.setAttribute('href', `${sprite}#i-${name}`);
    svg.append(use);
    return svg;
  };
  const option = (action, nth) => {
    const made = element('li', '', icon(action.icon || 'arrow-right'), element('span', action.name), element('span', action.group));
    made.id = `palette-${nth}`;
    made.className = 'option';
    made.setAttribute('role', 'option');
    made.children[1].className = 'option__name';
    made.children[2].className = 'option__group';
    if (action.key) {
      const keys = element('span', '', ...keyNames(action.key).map((part) => element('kbd', part)));
      keys.className = 'option__keys';
      made.append(keys);
    }
    runs.set(made.id, () => { remember(action.id); action.run(); });
    return made;
  };

  // further is the way on when nothing here is what was meant.
  const further = (text) => {
    if (text.length < 2) return [];
    const made = option({ name: `Search everything for “${text}”`, icon: 'search', group: 'Messages, names, notes' }, 'further');
    runs.set(made.id, () => location.assign(`/search?${new URLSearchParams({ q: text })}`));
    return [made];
  };

  const options = () => [...list.children];
  const chosen = () => options().find((entry) => entry.getAttribute('aria-selected') === 'true');
  const choose = (entry) => {
    for (const other of options()) other.setAttribute('aria-selected', String(other === entry));
    if (entry) {
      input.setAttribute('aria-activedescendant', entry.id);
      entry.scrollIntoView({ block: 'nearest' });
    } else input.removeAttribute('aria-activedescendant');
  };
  // named: what was typed stands in a name as it is. People come before actions that only begin their words so.
  const named = (text) => {
    const wanted = text.toLowerCase().replace(/\s+/g, '');
    return (action) => action.name.toLowerCase().replace(/\s+/g, '').includes(wanted);
  };
  const draw = () => {
    const keep = chosen()?.id.startsWith('found-') ? chosen().id : null;
    runs = new Map();
    const { true: exact = [], false: loose = [] } = Object.groupBy(fitting(input.value).slice(0, input.value ? 6 : 50), named(input.value));
    for (const entry of found) runs.set(entry.id, () => location.assign(entry.dataset.href));
    list.replaceChildren(...exact.map((action, nth) => option(action, nth)), ...found, ...loose.map((action, nth) => option(action, `loose-${nth}`)), ...further(input.value.trim()));
    none.hidden = list.children.length > 0;
    count.textContent = `${list.children.length.toLocaleString(tag)} ${list.children.length === 1 ? 'result' : 'results'}`;
    choose(options().find((entry) => entry.id === keep) || options()[0]);
  };

  // People and their conversations, from the server, while typing.
  const find = async () => {
    const text = input.value.trim();
    const mine = ++asked;
    if (text.length < 2) {
      found = [];
      draw();
      return;
    }
    try {
      const answer = await fetch(`/find?${new URLSearchParams({ q: text })}`, { headers: { 'HX-Request': 'true' } });
      if (!answer.ok || mine !== asked) return;
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (mine !== asked) return;
      found = [...page.querySelectorAll('[role="option"]')].map((entry) => document.importNode(entry, true));
      draw();
    } catch { /* no network: the pill tells, actions are still found */ }
  };

  const open = () => {
    input.value = '';
    found = [];
    dialog.showModal();
    draw();
    input.focus();
  };
  const run = (entry) => {
    const does = entry && runs.get(entry.id);
    if (!does) return;
    dialog.close(); // gives the focus back before the action moves it
    does();
  };
  document.addEventListener('sb:palette', open);
  document.addEventListener('click', (event) => { if (event.target.closest('[data-palette]')) open(); });
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
    else run(event.target.closest('[role="option"]'));
  });
  list.addEventListener('mousemove', (event) => {
    const entry = event.target.closest('[role="option"]');
    if (entry && entry !== chosen()) choose(entry);
  });
  input.addEventListener('input', () => {
    draw();
    clearTimeout(timer);
    timer = setTimeout(find, 150);
  });
  input.addEventListener('keydown', (event) => {
    const all = options();
    const here = all.indexOf(chosen());
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, PageDown: Math.min(here + 8, all.length - 1), PageUp: Math.max(here - 8, 0) }[event.key];
    if (to !== undefined && all.length) {
      event.preventDefault();
      choose(all[(to + all.length) % all.length]);
    } else if (event.key === 'Enter' && !event.isComposing) {
      event.preventDefault();
      run(chosen());
    } else if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      dialog.close();
    }
  });
})();
