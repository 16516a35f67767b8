/* A request that takes its time is seen: a line along the top of the page, after a moment, so that quick ones do not flicker. */
(() => {
  'use strict';
  const root = document.documentElement;
  const SHOW = 400;
  const SAY = 2000;
  const open = new Map(); // request to its timers
  // Refreshes and heartbeats are nobody's wait.
  const asked = (ctx) => ctx && ctx.sourceElement !== document.body && !/^(sb:|every$|load$)/.test(ctx.sourceEvent?.type || '');
  document.addEventListener('htmx:before:request', ({ detail: { ctx } }) => {
    if (!asked(ctx)) return;
    open.set(ctx, [
      setTimeout(() => root.setAttribute('data-waiting', ''), SHOW),
      setTimeout(() => { document.getElementById('announce')?.replaceChildren('Loading'); }, SAY),
    ]);
  });
  document.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
    for (const timer of open.get(ctx) || []) clearTimeout(timer);
    open.delete(ctx);
    if (open.size === 0) root.removeAttribute('data-waiting');
  });
})();
