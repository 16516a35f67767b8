/* The frame around the screens: theme, tabs, panel, times. Keys are in actions.js. */
(() => {
  'use strict';
  const root = document.documentElement;
  root.classList.add('js');
  const $ = (selector) => document.querySelector(selector);

  // --- the browser's time zone, offered when signing in ---------------------------------------------------------------
  const zone = $('[data-timezone]');
  if (zone) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || '';

  // --- theme: system, light, dark; a cookie, so that the server paints it right at once ---------------------------------
  const themes = ['system', 'light', 'dark'];
  const theme = () => root.dataset.theme || 'system';
  const nameTheme = () => {
    const label = $('[data-theme-name]');
    if (label) label.textContent = theme()[0].toUpperCase() + theme().slice(1);
  };
  const choose = (next) => {
    if (next === 'system') delete root.dataset.theme;
    else root.dataset.theme = next;
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    document.cookie = `theme=${next}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    nameTheme();
  };
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-theme-toggle]')) choose(themes[(themes.indexOf(theme()) + 1) % themes.length]);
  });
  document.addEventListener('sb:theme', (event) => choose(event.detail));
  nameTheme();

  // --- the browser's time zone, for those who have not chosen one ---------------------------------------------------------
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone || '';
  if (here && !document.cookie.split('; ').includes(`tz=${here}`)) {
    document.cookie = `tz=${here}; Path=/; Max-Age=31536000; SameSite=Lax${location.protocol === 'https:' ? '; Secure' : ''}`;
  }

  // --- relative times: agrees with view.Clock.relative, in the words the server sent ---------------------------------------
  const words = JSON.parse(root.dataset.times || '{}');
  const amount = (unit, n) => (n === 1 && unit[1] ? unit[1] : unit[0]).replace('{0}', words.digits ? [...String(n)].map((digit) => [...words.digits][digit]).join('') : n);
  const relative = (at) => {
    const seconds = (Date.now() - at) / 1000;
    if (!words.now) return null;
    if (seconds < 45) return words.now;
    if (seconds < 3600) return amount(words.min, Math.max(1, Math.floor(seconds / 60)));
    if (seconds < 86400) return amount(words.h, Math.floor(seconds / 3600));
    if (seconds < 7 * 86400) return amount(words.d, Math.floor(seconds / 86400));
    return null; // the server's date stays
  };
  setInterval(() => {
    for (const time of document.querySelectorAll('time[data-relative]')) {
      const text = relative(Date.parse(time.dateTime));
      if (text && time.textContent !== text) time.textContent = text;
    }
    // Levels as in view.waiting.
    for (const waiting of document.querySelectorAll('[data-waiting]')) {
      const seconds = Math.max(60, (Date.now() - Date.parse(waiting.dataset.waiting)) / 1000);
      const length = waiting.querySelector('[data-length]');
      if (length && words.now) length.textContent = seconds < 3600 ? amount(words.min, Math.floor(seconds / 60)) : seconds < 172800 ? amount(words.h, Math.floor(seconds / 3600)) : amount(words.d, Math.floor(seconds / 86400));
      waiting.className = `waiting waiting--${seconds >= 3600 ? 'long' : seconds >= 900 ? 'soon' : 'calm'}`;
    }
  }, 20000);

  // --- on a phone the settings lie side by side: the open one is in sight --------------------------------------------------
  const nav = $('#settings-nav');
  const open = nav && $('#settings-nav [aria-current]');
  if (open && nav.scrollWidth > nav.clientWidth) nav.scrollLeft += open.getBoundingClientRect().left + open.offsetWidth / 2 - innerWidth / 2;

  // --- panel on narrow screens, dialogs -----------------------------------------------------------------------------------
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-panel-toggle]')) {
      event.preventDefault();
      const desk = $('#desk');
      desk.toggleAttribute('data-panel-open');
      if (desk.hasAttribute('data-panel-open')) $('#panel [aria-selected="true"]')?.focus();
    } else if (event.target.closest('[data-panel-close]')) {
      event.preventDefault();
      closePanel();
    }
  });
  const closePanel = () => {
    const desk = $('#desk');
    if (!desk?.hasAttribute('data-panel-open')) return false;
    desk.removeAttribute('data-panel-open');
    $('[data-panel-toggle]')?.focus();
    return true;
  };

  // htmx starts on a timer: what was typed into a search before it listened counts as well.
  document.addEventListener('htmx:after:process', (event) => {
    if (event.target !== document.body) return;
    for (const input of document.querySelectorAll('[data-search]')) {
      if (input.value !== input.defaultValue) input.dispatchEvent(new Event('input', { bubbles: true }));
    }
  });

  // Real tabs: arrows, Home and End move and choose.
  const tabKey = (event) => {
    const tabs = [...event.target.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
    const here = tabs.indexOf(event.target);
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) {
      if (event.key === ' ') { event.preventDefault(); event.target.click(); }
      return;
    }
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    tab.focus();
    tab.click();
  };
  // Of tabs chosen faster than answers come the last one wins: answers to those before it, and to a refresh of a tab that
  // has been left, are dropped.
  let chosen = '';
  document.addEventListener('click', (event) => {
    const tab = event.target.closest?.('[role="tab"]');
    if (!tab) return;
    chosen = tab.id;
    // A panel that has just been swapped in is not htmx's yet: a key pressed this moment would load the page instead.
    if (window.htmx && !tab.hasAttribute('data-htmx-powered')) htmx.process(tab);
  }, true);
  // Of choices that arrive out of order the server remembers the last one made on this page.
  const page = crypto.getRandomValues(new Uint32Array(4)).join('-');
  let nth = 0;
  document.addEventListener('htmx:config:request', (event) => {
    const { sourceElement, request } = event.detail.ctx;
    if (!sourceElement?.matches?.('#panel [role="tab"]')) return;
    request.body.set('page', page);
    request.body.set('nth', ++nth);
  });
  document.addEventListener('htmx:before:swap', (event) => {
    const { ctx } = event.detail;
    const source = ctx.sourceElement;
    const left = source?.id === 'profile' && ctx.sourceEvent?.type === 'sb:panel'
      && $('#profile-tabs [aria-selected="true"]')?.id !== `tab-${new URL(ctx.request.action, location.href).searchParams.get('tab')}`;
    if (left || (source?.matches?.('[role="tab"]') && source.id !== chosen)) event.preventDefault();
  });
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches('[role="tab"]')) tabKey(event);
    if (event.key !== 'Escape') return;
    if (event.target.matches('[data-search]')) event.target.blur();
    else closePanel();
  });

  // Back to the page that was loaded first: htmx restores only entries that it knows.
  if (history.state === null) history.replaceState({ htmx: true }, '', location.href);
})();
