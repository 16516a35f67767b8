/* Notes and comments: the counter, Ctrl/Cmd+Enter, drafts that survive whatever happens to the page around them, and lists
   that keep their length when they are fetched again. */
(() => {
  'use strict';
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const forms = () => $$('form[data-write]');
  const text = (form) => form.querySelector('textarea');
  const { tag } = JSON.parse(document.documentElement.dataset.times || '{}'); // how the viewer writes numbers
  const number = (n) => n.toLocaleString(tag);

  // --- the counter: code points, as the server counts -------------------------------------------------------------------
  // maxlength stands far above what is allowed, so that the counter can say by how much. It is there because browsers take
  // a time that grows with the square of its length to lay out one long word: 64 KB of it would stop the page.
  const count = (form) => {
    const area = text(form);
    const counter = form.querySelector('[data-counter]');
    const most = Number(area.dataset.longest);
    const length = [...area.value].length;
    counter.textContent = `${number(length)} / ${number(most)}`;
    counter.classList.toggle('counter--over', length > most);
    area.setCustomValidity(length > most ? `That is ${number(length - most)} characters too many: at most ${number(most)}.` : '');
  };

  // --- drafts: of this browser tab, by person or conversation -------------------------------------------------------------
  const key = (form) => `draft:${form.dataset.write}`;
  const sent = new Map(); // what was sent last, by key
  const keep = (form) => {
    try {
      if (text(form).value) sessionStorage.setItem(key(form), text(form).value);
      else sessionStorage.removeItem(key(form));
    } catch { /* storage is full or refused: the page still holds the text */ }
  };
  const draft = (form) => { try { return sessionStorage.getItem(key(form)) || ''; } catch { return ''; } };

  const prepare = () => {
    for (const form of forms()) {
      const area = text(form);
      if (form.hasAttribute('data-fresh-form')) { // what was sent is stored; what was typed since is not
        form.removeAttribute('data-fresh-form');
        if (draft(form) === sent.get(key(form))) keep(form);
        else area.value = draft(form);
        sent.delete(key(form));
        const at = document.activeElement;
        if (!at || at === document.body || form.contains(at)) area.focus({ preventScroll: true });
      } else if (!area.value && draft(form)) {
        area.value = draft(form);
      }
      count(form);
    }
  };

  document.addEventListener('input', (event) => {
    const form = event.target.closest?.('form[data-write]');
    if (!form || event.target !== text(form)) return;
    count(form);
    keep(form);
  });
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.matches('[data-write]')) sent.set(key(form), text(form).value);
  }, true);
  document.addEventListener('keydown', (event) => {
    const form = event.target.closest?.('form[data-write]');
    if (!form || event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  document.addEventListener('htmx:after:swap', prepare);
  document.addEventListener('htmx:after:history:restore', prepare);

  // --- lists: a refresh shows as many items as are on screen --------------------------------------------------------------
  document.addEventListener('htmx:config:request', (event) => {
    const { ctx } = event.detail;
    const source = ctx.sourceElement;
    const list = document.querySelector('[data-paged]');
    if (!list || !(ctx.sourceEvent?.type === 'sb:panel' || ctx.sourceEvent?.type === 'sb:notice' || source.matches('[data-write], [data-undo], .note__delete'))) return;
    ctx.request.body?.set?.('shown', $$('[data-item]', list).length);
  });
  // A note that is deleted takes its button along: the focus stays in the list.
  document.addEventListener('submit', (event) => {
    if (!event.target.matches('.note__delete') || !event.target.contains(document.activeElement)) return;
    const items = $$('.note__delete button');
    const here = items.indexOf(document.activeElement);
    const next = items[here + 1] || items[here - 1];
    const id = next?.closest('[data-item]').id;
    document.addEventListener('htmx:after:swap', () => {
      if (document.activeElement !== document.body && document.activeElement) return;
      const item = id && document.getElementById(id)?.querySelector('.note__delete button');
      (item || document.getElementById('note-text'))?.focus({ preventScroll: true });
    }, { once: true });
  }, true);

  prepare();
})();
