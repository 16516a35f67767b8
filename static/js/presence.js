/* Presence: the page says which conversation it shows and whether somebody types in it, never what. What others do comes as
   sb:people (see live.js), and the marks are fetched again. */
(() => {
  'use strict';
  const body = document.body;
  if (!body.dataset.live) return;

  const BEAT = 12000; // forgotten after 30 s
  const TYPING = 3000; // at most this often
  const IDLE = 5000; // without a key for so long nobody types
  const MOST = 60; // conversations that are asked about at once
  const page = crypto.getRandomValues(new Uint32Array(4)).join('-');
  const token = JSON.parse(body.getAttribute('hx-headers:inherited') || '{}')['X-CSRF-Token'] || '';
  let said = '';
  let saidAt = 0;
  let typing = '';
  let keyAt = 0;
  let quiet = 0;

  const open = () => document.getElementById('thread')?.dataset.conversation || '';
  const state = () => (document.hidden ? { state: 'away' } : { conversation: open(), typing });
  const form = (fields) => new URLSearchParams({ csrf: token, page, ...fields });

  const say = () => {
    if (navigator.onLine === false) return;
    const now = state();
    const text = JSON.stringify(now);
    const since = Date.now() - saidAt;
    if (text === said && since < (typing ? TYPING : BEAT) - 200) return;
    said = text;
    saidAt = Date.now();
    // A failure needs no words: the pill tells that there is no connection, and the next beat says it again.
    fetch('/presence', { method: 'POST', body: form(now), keepalive: true }).catch(() => { said = ''; });
  };
  setInterval(say, BEAT);
  const leave = () => {
    said = '';
    navigator.sendBeacon('/presence', form({ state: 'gone' }));
  };
  window.addEventListener('pagehide', leave);
  window.addEventListener('pageshow', (event) => { if (event.persisted) say(); });
  document.addEventListener('visibilitychange', () => { typing = ''; say(); });

  // --- typing: what kind of text, from the form it is in -----------------------------------------------------------------
  const kind = (element) => {
    const named = element.closest('[data-typing]');
    if (named) return named.dataset.typing;
    if (!element.closest('#desk')) return '';
    return element.closest('.field, .attribute') ? 'field' : '';
  };
  const stop = () => {
    clearTimeout(quiet);
    if (!typing) return;
    typing = '';
    say();
  };
  document.addEventListener('input', (event) => {
    const what = kind(event.target);
    if (!what) return;
    keyAt = Date.now();
    typing = what;
    say();
    clearTimeout(quiet);
    quiet = setTimeout(stop, IDLE);
  });
  document.addEventListener('submit', (event) => { if (kind(event.target)) stop(); });
  document.addEventListener('focusout', (event) => { if (typing && kind(event.target)) stop(); });

  // --- what others do -----------------------------------------------------------------------------------------------------
  const wanted = new Set();
  let asking = 0;
  const onScreen = () => [...document.querySelectorAll('.watch')].map((mark) => mark.id.slice('watch-'.length));
  const ask = () => {
    asking = 0;
    const ids = [...wanted].slice(0, MOST);
    for (const id of ids) wanted.delete(id);
    if (ids.length === 0) return;
    htmx.ajax('GET', `/presence?${new URLSearchParams({ ids: ids.join(','), open: open() })}`, { event: new CustomEvent('sb:people'), source: body, target: body, swap: 'none' });
    if (wanted.size) asking = setTimeout(ask, 1000);
  };
  document.addEventListener('sb:people', (event) => {
    const shown = new Set(onScreen());
    if (open()) shown.add(open());
    for (const id of event.detail.all ? shown : event.detail.conversations) if (shown.has(id)) wanted.add(id);
    // What happens in the open conversation is shown at once, marks of rows once in a second.
    if (wanted.has(open())) {
      clearTimeout(asking);
      ask();
    } else if (!asking && wanted.size) asking = setTimeout(ask, 1000);
  });

  document.addEventListener('htmx:after:swap', (event) => { if (event.detail.ctx?.target?.id === 'desk') say(); });
  document.addEventListener('htmx:after:history:restore', say);
  setTimeout(say, 3000); // a page that is only passed through needs no announcement
})();
