/* Live updates: one EventSource per page. It carries ids only; what is on screen is fetched again (refresh.js). The pill tells how long the newest shown change took, or since when
   nothing is known. */
(() => {
  'use strict';
  const body = document.body;
  if (!body.dataset.live) return;

  const SILENCE = 25000; // two heartbeats and a half
  const HIDDEN = 5000; // a tab that is hidden this long gives its connection back
  let source = null;
  let mark = body.dataset.mark;
  let heard = Date.now();
  let since = 0; // when it became stale
  let attempts = 0;
  let retry = 0;
  let hide = 0;
  let resting = false;
  let waiting = []; // changes that are not on screen yet: {age, at}

  // Seconds as the viewer writes them, see view.Locale.Relative.
  const words = JSON.parse(document.documentElement.dataset.times || '{}');
  const amount = (n, digits) => (words.s || ['{0} s'])[n === 1 && words.s?.[1] ? 1 : 0]
    .replace('{0}', n.toLocaleString(words.tag, { minimumFractionDigits: digits, maximumFractionDigits: digits }));

  const pill = (state, text) => {
    const element = document.getElementById('live');
    if (!element || (element.dataset.state === state && element.lastChild.textContent === text)) return;
    element.dataset.state = state;
    document.getElementById('live-text').textContent = text;
  };
  const announce = (text) => {
    const element = document.getElementById('announce');
    if (element && element.textContent !== text) element.textContent = text;
  };

  let shown = '';
  const paint = () => {
    if (document.hidden) return;
    if (!since && source && Date.now() - heard > SILENCE) lost(heard);
    if (since) {
      const seconds = Math.round((Date.now() - since) / 1000);
      pill('stale', `Stale ${amount(seconds, 0)}, retrying`);
      if (seconds === 5) announce('The connection is lost. What you see may be out of date. Retrying.');
    } else if (source && source.readyState === EventSource.OPEN) {
      pill('live', shown ? `Live ${shown}` : 'Live');
    }
  };

  // want asks for a part of the page again; one that somebody looks at is in a hurry.
  const want = (name, hurry) => document.dispatchEvent(new CustomEvent('sb:want', { detail: { name, hurry } }));
  const resync = () => { for (const name of ['sb:list', 'sb:thread', 'sb:panel', 'sb:notice']) want(name, true); };
  const openConversation = () => document.getElementById('thread')?.dataset.conversation;
  const openContact = () => document.querySelector('#panel, #profile')?.dataset.contact;

  const change = (data) => {
    if (data.age) waiting.push({ age: data.age, at: performance.now() });
    const conversations = data.conversations || [];
    const contacts = data.contacts || [];
    const thread = conversations.includes(openConversation());
    const person = contacts.includes(openContact());
    if (thread || person) {
      want('sb:thread', true);
      want('sb:panel', false);
    }
    if (data.list) want('sb:list', conversations.some((id) => document.getElementById(`row-${id}`)));
    if (data.for?.includes(document.getElementById('badge')?.dataset.user)) want('sb:notice', true);
    if (!thread && !person && !document.querySelector('[data-live-list]')) settled();
  };

  // settled is called when something was fetched again and is on screen.
  const settled = () => {
    if (waiting.length === 0) return;
    const now = performance.now();
    const took = Math.max(...waiting.map((w) => w.age + (now - w.at)));
    waiting = [];
    shown = amount(took / 1000, took < 9950 ? 1 : 0);
    paint();
  };
  document.addEventListener('sb:shown', settled);
  document.addEventListener('htmx:after:swap', (event) => {
    const name = event.detail.ctx?.sourceEvent?.type;
    if (name === 'sb:list' || name === 'sb:thread' || name === 'sb:panel') settled();
  });

  const alive = () => {
    heard = Date.now();
    attempts = 0;
    if (since) {
      since = 0;
      announce('Connected again. Everything is up to date.');
    }
    paint();
  };
  const lost = (at) => {
    if (!since) since = at;
    source?.close();
    source = null;
    clearTimeout(retry);
    const pause = Math.min(5000, 500 * 2 ** Math.min(attempts++, 4));
    retry = setTimeout(connect, pause * (0.7 + 0.6 * Math.random()));
    paint();
    if (attempts % 4 === 0) signedOut();
  };
  // An EventSource does not say why it failed: ask whether the session is over.
  const signedOut = async () => {
    try {
      const answer = await fetch('/events', { method: 'GET', headers: { Accept: 'text/event-stream' }, cache: 'no-store' });
      answer.body?.cancel();
      if (answer.status === 401) location.reload();
    } catch { /* still no network: the retry goes on */ }
  };

  const people = (data) => {
    document.dispatchEvent(new CustomEvent('sb:people', { detail: { conversations: data.conversations || [], all: data.all } }));
    if (data.online) want('sb:online', true);
  };
  // What was read on another page of the same person is not unread here. The page it was read on has painted that itself by then.
  const elsewhere = (data) => setTimeout(() => {
    if ((data.conversations || []).some((id) => document.getElementById(`row-${id}`)?.matches('.row--unread'))) want('sb:list', true);
  }, 300);
  // Too many pages of one person: this one rests until somebody looks at it again.
  const rest = () => {
    source?.close();
    source = null;
    resting = true;
    pill('stale', 'Paused: too many windows');
  };
  const wake = () => {
    if (!resting) return;
    resting = false;
    connect();
  };
  window.addEventListener('focus', wake);

  const read = (event) => JSON.parse(event.data || '{}');
  const connect = () => {
    clearTimeout(retry);
    if (document.hidden && source === null && since) return; // visibilitychange connects again
    source?.close();
    source = new EventSource(body.dataset.live);
    source.addEventListener('hello', (event) => {
      const data = read(event);
      const again = since > 0;
      alive();
      if (data.mark !== mark) {
        mark = data.mark;
        resync();
      }
      setTimeout(people, again ? 0 : 4000, { all: true, online: again }); // who came or went meanwhile was told to nobody; a first load has more urgent things to do
    });
    source.addEventListener('change', (event) => {
      const data = read(event);
      mark = data.mark;
      alive();
      change(data);
    });
    source.addEventListener('resync', (event) => {
      mark = read(event).mark;
      alive();
      resync();
    });
    source.addEventListener('people', (event) => { alive(); people(read(event)); });
    source.addEventListener('read', (event) => { alive(); elsewhere(read(event)); });
    source.addEventListener('enough', rest);
    source.addEventListener('ping', alive);
    source.addEventListener('bye', connect); // the server wants to check our rights again
    source.addEventListener('error', () => lost(Date.now()));
  };

  document.addEventListener('visibilitychange', () => {
    clearTimeout(hide);
    if (document.hidden) {
      hide = setTimeout(() => {
        source?.close();
        source = null;
        clearTimeout(retry);
      }, HIDDEN);
    } else if (!source) {
      resting = false;
      heard = Date.now();
      attempts = 0;
      connect(); // hello tells whether something was missed
    }
  });
  // A page that comes out of the back-forward cache has lost its connection without being told.
  window.addEventListener('pageshow', (event) => { if (event.persisted) connect(); });
  window.addEventListener('pagehide', () => { source?.close(); source = null; });
  window.addEventListener('online', () => { if (since) connect(); });

  connect();
  setInterval(paint, 1000);
})();
