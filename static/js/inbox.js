/* List and thread: rows that do not move under the pointer, the open row, reading positions. */
(() => {
  'use strict';
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const { tag } = JSON.parse(document.documentElement.dataset.times || '{}'); // how the viewer writes numbers
  const ids = (root) => $$('[data-id]', root).map((row) => row.dataset.id);

  // --- the list ---------------------------------------------------------------------------------------------------

  // calm: nobody is pointing at a row, moving through the rows or reading further down. Then rows may move.
  const calm = (list) => {
    const scroll = $('[data-list-scroll]', list);
    const rows = $('[data-rows]', list);
    const pointing = matchMedia('(hover: hover)').matches && rows?.matches(':hover');
    return !scroll || !rows || (scroll.scrollTop < 8 && !pointing && !rows.contains(document.activeElement));
  };

  // moved: how many rows would come up or appear above rows that are there already.
  const moved = (before, after) => {
    const kept = before.filter((id) => after.includes(id));
    const skipped = new Set();
    let next = 0;
    let count = 0;
    let trailing = 0;
    for (const id of after) {
      while (next < kept.length && skipped.has(kept[next])) next++;
      if (id === kept[next]) {
        next++;
        trailing = 0;
      } else {
        skipped.add(id);
        count++;
        trailing = kept.includes(id) ? 0 : trailing + 1;
      }
    }
    return before.length ? count - trailing : after.length;
  };

  const morph = (list, row, update) => htmx.swap({ text: update.outerHTML, target: row, swap: 'outerMorph', sourceElement: list });

  // arrange makes the rows those of an answer. Of rows that the page has as they are it brings the place alone.
  const arrange = (list, rows, fresh) => {
    const wanted = new Map([...fresh.children].map((row) => [row.id, row]));
    for (const row of [...rows.children]) if (!wanted.has(row.id)) row.remove();
    const selected = getSelection();
    const touched = (row) => row.contains(document.activeElement) || (!selected.isCollapsed && row.contains(selected.anchorNode));
    let at = rows.firstElementChild;
    for (const [id, row] of wanted) {
      const here = document.getElementById(id);
      if (!here || here.parentNode !== rows) {
        if (row.hasAttribute('data-kept')) { // it went while the answer was under way
          document.dispatchEvent(new CustomEvent('sb:want', { detail: { name: 'sb:list', hurry: true } }));
          continue;
        }
        rows.insertBefore(row, at);
        htmx.process(row);
        continue;
      }
      if (here === at) at = at.nextElementSibling;
      else if (rows.moveBefore) rows.moveBefore(here, at);
      else rows.insertBefore(here, at);
      if (row.hasAttribute('data-kept') || (id === 'more' && $('a', here).href === $('a', row).href)) continue;
      if (id === 'more' || touched(here)) {
        morph(list, here, row);
      } else {
        here.replaceWith(row);
        htmx.process(row);
      }
    }
  };

  // inPlace updates rows where they stand and offers the rest behind a pill.
  const inPlace = (list, fragment) => {
    const fresh = new Map($$('[data-id]', fragment).map((row) => [row.dataset.id, row]));
    for (const row of $$('[data-id]', list)) {
      const update = fresh.get(row.dataset.id);
      if (update && !update.hasAttribute('data-kept') && !row.isEqualNode(update)) morph(list, row, update);
    }
    const count = moved(ids(list), [...fresh.keys()]);
    const pill = $('[data-fresh]', list);
    pill.hidden = count === 0;
    pill.textContent = `${count.toLocaleString(tag)} new`;
  };

  // plain: rows and nothing beside them.
  const plain = (root) => $('[data-rows] > [data-id]', root) && !$('.beside, .beside__all, .empty', root);

  document.addEventListener('htmx:before:swap', (event) => {
    const { ctx, tasks } = event.detail;
    const list = ctx.sourceElement;
    if (ctx.sourceEvent?.type !== 'sb:list' || !tasks) return;
    if (ctx.response?.status === 204) { // the page has these rows, in this order
      const pill = $('[data-fresh]', list);
      if (pill) pill.hidden = true;
      return;
    }
    const main = tasks.find((task) => task.type === 'main');
    if (!main) return;
    if (list.dataset.force || calm(list)) {
      const [rows, fresh] = [$('[data-rows]', list), $('[data-rows]', main.fragment)];
      if (!rows || !plain(list) || !plain(main.fragment)) return; // htmx swaps all of it
      arrange(list, rows, fresh);
      $('[data-fresh]', list).hidden = true;
      main.swapSpec = { ...main.swapSpec, style: 'none' };
      return;
    }
    event.preventDefault();
    inPlace(list, main.fragment);
    markCurrent();
    document.dispatchEvent(new CustomEvent('sb:shown'));
  });
  document.addEventListener('htmx:config:request', (event) => {
    const { ctx } = event.detail;
    const body = ctx.request.body;
    if (ctx.sourceEvent?.type === 'sb:list') {
      const rows = ids(ctx.sourceElement).length;
      if (rows) body.set('limit', rows);
      if (plain(ctx.sourceElement)) {
        const more = $('#more a', ctx.sourceElement);
        body.set('known', $$('[data-rows] > [data-version]', ctx.sourceElement).map((row) => row.dataset.version).join('.'));
        if (more) body.set('more', new URL(more.href).searchParams.get('after') || '');
      }
    }
    if (ctx.sourceEvent?.type === 'sb:thread') askForThread(ctx);
    if (ctx.sourceElement.matches('#list-filter, #grid-filter')) {
      for (const [name, value] of [...body]) if (value === '') body.delete(name);
    }
  });
  document.addEventListener('click', (event) => {
    const pill = event.target.closest('[data-fresh]');
    if (!pill) return;
    const list = pill.closest('[data-live-list]');
    list.dataset.force = 'true';
    pill.hidden = true;
    $('[data-list-scroll]', list).scrollTop = 0;
    list.dispatchEvent(new CustomEvent('sb:list'));
  });
  document.addEventListener('htmx:finally:request', (event) => {
    const element = event.detail.ctx?.sourceElement;
    if (element?.dataset) delete element.dataset.force;
  });

  // The open row, whatever list the server sent.
  const markCurrent = () => {
    const open = $('#thread')?.dataset.conversation;
    for (const link of $$('#rows [data-row-link]')) {
      const current = link.closest('[data-id]').dataset.id === open;
      if (current) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  };

  // --- the thread -------------------------------------------------------------------------------------------------

  const scroller = () => $('[data-thread-scroll]');
  // The scroll area runs from the bottom (column-reverse): 0 is the newest message, and what is loaded above moves nothing.
  const atEnd = () => Math.abs(scroller()?.scrollTop ?? 0) < 60;
  let wasAtEnd = true;

  const openThread = () => {
    markCurrent();
    const inbox = $('.inbox');
    if (inbox) inbox.dataset.narrow = $('#thread') ? 'thread' : 'list';
    const mark = $('[data-found]') || $('#unread-mark');
    if (mark) {
      const area = scroller();
      const gap = mark.matches('[data-found]') ? area.clientHeight / 3 : 24;
      area.scrollTop += mark.getBoundingClientRect().top - area.getBoundingClientRect().top - gap;
    }
    wasAtEnd = atEnd();
  };
  // What was shown is told at once, but not more than once in a second.
  const TELL = 1000;
  let told = 0;
  let telling = 0;
  const tellRead = () => {
    clearTimeout(telling);
    const state = $('#messages-state[data-unread]');
    if (!state || document.hidden || !atEnd()) return;
    const wait = told + TELL - Date.now();
    if (wait > 0) {
      telling = setTimeout(tellRead, wait);
      return;
    }
    told = Date.now();
    state.removeAttribute('data-unread');
    // Named as the other live parts are: when it fails, the pill tells.
    htmx.ajax('POST', state.dataset.read, { event: new CustomEvent('sb:read'), source: document.body, target: document.body, swap: 'none' });
  };

  // askForThread says what is on screen, so that only what is new has to come. A thread that has grown long while it was read
  // at its end is asked for as if it were opened: what is far above can be fetched again.
  const LONG = 150;
  const askForThread = (ctx) => {
    const { body } = ctx.request;
    const messages = ctx.sourceElement;
    const head = $('#thread-head');
    if (head?.dataset.version) body.set('head', head.dataset.version);
    const selected = getSelection();
    const used = messages.contains(document.activeElement) || (!selected.isCollapsed && messages.contains(selected.anchorNode));
    ctx.known = '';
    if (atEnd() && !used && messages.querySelectorAll('[data-message]').length > LONG) return;
    const first = $('[data-message]', messages);
    const older = $('#older a', messages);
    if (first) body.set('first', first.dataset.message);
    if (older) body.set('older', new URL(older.href).searchParams.get('before') || '');
    ctx.known = $('#messages-state', messages)?.dataset.known || '';
    if (ctx.known) body.set('known', ctx.known);
  };
  // Two pages of messages can both begin with the same day.
  const dropDoubleDays = () => {
    let last = null;
    for (const day of $$('#messages .day')) {
      if (day.dataset.day === last) day.remove();
      last = day.dataset.day;
    }
  };
  const newest = (show) => { const button = $('[data-newest]'); if (button) button.hidden = !show; };

  // anchor remembers where a message stands while somebody reads further up; what changes elsewhere must not move it.
  let anchor = null;
  const holdAnchor = () => {
    const top = scroller().getBoundingClientRect().top;
    const message = $$('[data-message]', scroller()).find((m) => m.getBoundingClientRect().bottom > top + 40);
    anchor = message && { id: message.id, top: message.getBoundingClientRect().top };
  };
  const keepAnchor = () => {
    const message = anchor && document.getElementById(anchor.id);
    if (message) scroller().scrollTop += message.getBoundingClientRect().top - anchor.top;
    anchor = null;
  };
  document.addEventListener('htmx:before:swap', (event) => {
    const { ctx } = event.detail;
    if (!scroller() || (ctx.sourceEvent?.type !== 'sb:thread' && ctx.target?.id !== 'older')) return;
    if (ctx.target?.id === 'older') $('#messages-state')?.setAttribute('data-known', ''); // what it says is no longer all
    // An answer that goes on from what the page had is of no use when the page has something else by now.
    if (ctx.known && ctx.known !== $('#messages-state')?.dataset.known) {
      event.preventDefault();
      document.dispatchEvent(new CustomEvent('sb:want', { detail: { name: 'sb:thread', hurry: true } }));
      return;
    }
    wasAtEnd = atEnd();
    if (!wasAtEnd) holdAnchor();
  });
  document.addEventListener('htmx:after:swap', (event) => {
    const { ctx } = event.detail;
    if (ctx.target?.id === 'desk') {
      openThread();
      $('#thread-title')?.focus({ preventScroll: true });
      return;
    }
    if (ctx.sourceEvent?.type === 'sb:thread') {
      if (wasAtEnd && scroller()) scroller().scrollTop = 0;
      else if ($('#messages-state[data-unread]')) newest(true);
      tellRead();
    }
    dropDoubleDays();
    if (!wasAtEnd) keepAnchor();
    markCurrent();
  });
  document.addEventListener('scroll', (event) => {
    if (event.target === scroller() && atEnd()) {
      newest(false);
      tellRead();
    }
  }, { capture: true, passive: true });
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-newest]')) {
      scroller().scrollTop = 0;
      newest(false);
    }
  });
  document.addEventListener('visibilitychange', tellRead);
  document.addEventListener('htmx:after:history:restore', openThread);
  openThread();
})();
