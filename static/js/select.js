/* Selecting several conversations: x or a tick, Shift for a range, all shown. What is ticked stays ticked while the list
   changes around it. */
(() => {
  'use strict';
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const form = $('#bulk');
  if (!form) return;
  const list = () => $('#list');
  const MOST = 200;
  const { tag } = JSON.parse(document.documentElement.dataset.times || '{}'); // how the viewer writes numbers
  const chosen = new Set();
  let last = ''; // where a range begins

  const paint = () => {
    for (const pick of $$('[data-pick]')) pick.checked = chosen.has(pick.value);
    const shown = $$('[data-pick]').filter((pick) => pick.checked).length;
    const text = shown === 0 ? 'Tick conversations' : `${shown.toLocaleString(tag)} selected${shown > MOST ? `, at most ${MOST.toLocaleString(tag)}` : ''}`;
    const count = $('#bulk-count');
    if (count.textContent !== text) count.textContent = text;
  };
  const on = () => list().setAttribute('data-select', '');
  const off = () => {
    chosen.clear();
    list().removeAttribute('data-select');
    paint();
  };
  const toggle = (id, value = !chosen.has(id)) => {
    if (value) chosen.add(id);
    else chosen.delete(id);
    last = id;
  };
  const range = (to, value) => {
    const ids = $$('[data-pick]').map((pick) => pick.value);
    const [a, b] = [ids.indexOf(last), ids.indexOf(to)].sort((x, y) => x - y);
    for (const id of ids.slice(Math.max(0, a), b + 1)) toggle(id, value);
    last = to;
  };

  for (const pick of $$('[data-pick]')) if (pick.checked) chosen.add(pick.value);
  paint();

  document.addEventListener('click', (event) => {
    const target = event.target;
    if (target.closest('[data-select-on]')) {
      event.preventDefault();
      if (list().hasAttribute('data-select')) off();
      else on();
    } else if (target.closest('[data-select-off]')) {
      event.preventDefault();
      off();
      $('[data-select-on]')?.focus();
    } else if (target.closest('[data-select-all]')) {
      const picks = $$('[data-pick]').slice(0, MOST);
      const value = picks.some((pick) => !chosen.has(pick.value));
      for (const pick of picks) toggle(pick.value, value);
      paint();
    } else if (target.matches('[data-pick]')) {
      if (event.shiftKey && last) range(target.value, target.checked);
      else toggle(target.value, target.checked);
      paint();
    }
  });
  document.addEventListener('htmx:after:swap', paint);

  const typing = (element) => element.closest('input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]') !== null;
  const single = () => { try { return localStorage.getItem('single-keys') !== 'off'; } catch { return true; } };
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $('dialog[open]') || typing(event.target)) return;
    if (event.key === 'Escape' && list().hasAttribute('data-select') && event.target.closest('#list')) return off();
    if (event.key.toLowerCase() !== 'x' || !single()) return;
    const row = event.target.closest?.('[data-id]') || $('#rows [aria-current]')?.closest('[data-id]') || $('#rows [data-id]');
    const pick = row && $('[data-pick]', row);
    if (!pick) return;
    event.preventDefault();
    on();
    if (event.shiftKey && last) range(pick.value, true);
    else toggle(pick.value);
    paint();
  });

  // --- longer than a moment: say so ----------------------------------------------------------------------------------------
  const busy = $('#bulk-busy');
  let timer = 0;
  const mine = (event) => event.detail.ctx?.sourceElement?.matches?.('#bulk, #handling form:has([name="do"][value="closing"])');
  document.addEventListener('htmx:before:request', (event) => {
    if (!mine(event)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      $('span', busy).textContent = `Working on ${chosen.size.toLocaleString(tag)} conversations…`;
      busy.hidden = false;
    }, 400);
  });
  document.addEventListener('htmx:finally:request', (event) => {
    if (!mine(event)) return;
    clearTimeout(timer);
    busy.hidden = true;
    const { response, sourceElement } = event.detail.ctx;
    const asked = $('#handling').open; // the close form came instead of a result
    if (response?.status < 400 && !(asked && sourceElement === form)) {
      form.reset();
      off();
    }
  });
})();
