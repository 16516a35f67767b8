/* Ticking contacts: what is ticked stays ticked while the grid changes around it, Shift ticks a range. */
(() => {
  'use strict';
  const MOST = 500;
  const { tag } = JSON.parse(document.documentElement.dataset.times || '{}'); // how the viewer writes numbers
  const chosen = new Set();
  let last = '';
  const picks = () => [...document.querySelectorAll('[data-grid-pick]')];
  const form = () => document.querySelector('[data-grid-bulk]');

  const paint = () => {
    if (!form()) return;
    const shown = picks();
    for (const pick of shown) pick.checked = chosen.has(pick.value);
    const n = shown.filter((pick) => pick.checked).length;
    const text = n === 0 ? 'Tick contacts to label them' : `${n.toLocaleString(tag)} ticked${n > MOST ? `, at most ${MOST.toLocaleString(tag)} at once` : ''}`;
    const count = document.querySelector('[data-grid-count]');
    if (count.textContent !== text) count.textContent = text;
    const all = document.querySelector('[data-grid-all]');
    if (all) {
      all.hidden = false;
      all.checked = n > 0 && n === shown.length;
      all.indeterminate = n > 0 && n < shown.length;
    }
  };
  const set = (id, on) => { if (on) chosen.add(id); else chosen.delete(id); };

  for (const pick of picks()) if (pick.checked) chosen.add(pick.value); // a browser going back keeps ticks
  paint();
  document.addEventListener('click', (event) => {
    const target = event.target;
    if (target.matches('[data-grid-all]')) {
      for (const pick of picks()) set(pick.value, target.checked);
      paint();
    } else if (target.matches('[data-grid-pick]')) {
      const ids = picks().map((pick) => pick.value);
      const [a, b] = [ids.indexOf(last), ids.indexOf(target.value)].sort((x, y) => x - y);
      if (event.shiftKey && a >= 0) for (const id of ids.slice(a, b + 1)) set(id, target.checked);
      else set(target.value, target.checked);
      last = target.value;
      paint();
    }
  });
  document.addEventListener('htmx:after:swap', paint);
  document.addEventListener('sb:labelled', () => {
    chosen.clear();
    paint();
    document.querySelector('#grid')?.dispatchEvent(new CustomEvent('sb:list'));
  });
  // How much of a long field is used, in characters as the server counts them.
  const measure = (event) => {
    const area = event.target.closest?.('textarea[data-limit]');
    const count = area?.parentElement.querySelector('[data-limit-count]');
    if (count) count.textContent = `${[...area.value].length.toLocaleString(tag)} / ${area.maxLength.toLocaleString(tag)}`;
  };
  document.addEventListener('input', measure);
  document.addEventListener('focusin', measure);
  // A menu closes with Esc, and when something else is clicked.
  document.addEventListener('keydown', (event) => {
    const menu = event.key === 'Escape' && document.querySelector('[data-menu][open]');
    if (!menu) return;
    menu.open = false;
    menu.querySelector('summary').focus();
  });
  document.addEventListener('click', (event) => {
    for (const menu of document.querySelectorAll('[data-menu][open]')) if (!menu.contains(event.target)) menu.open = false;
  });
})();
