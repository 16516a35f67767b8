/* What is on screen is fetched again when it changed: each part has one request under way at most, whatever changed meanwhile
   waits for the next one, and the next one waits in proportion to what the last one cost this page and the server. So a
   single message is on screen at once, and a thousand a second do not take more than a share of the machine.
   Parts listen to the events named here; htmx fetches them. */
(() => {
  'use strict';
  const STUCK = 5000; // an answer that takes longer no longer holds up the next request

  // rest: how long a part stays as it is at least, in ms, when the change is in no hurry, and when it is.
  const parts = {
    'sb:thread': { where: '#messages', rest: 30, hurried: 30 },
    'sb:list': { where: '[data-live-list]', rest: 120, hurried: 40 },
    'sb:panel': { where: '#panel, #profile', rest: 1000, hurried: 0, first: 150 }, // what is said comes before who said it
    'sb:notice': { where: '#badge, [data-notices]', rest: 100, hurried: 100 },
    'sb:online': { where: '[data-online]', rest: 500, hurried: 500 },
  };
  for (const part of Object.values(parts)) Object.assign(part, { wanted: false, hurry: false, open: false, asked: 0, answered: 0, drawn: 0, work: 0, timer: 0, due: 0 });

  const now = () => performance.now();
  const busy = (part) => part.open && now() - part.asked < STUCK;

  const ask = (name) => {
    const part = parts[name];
    const elements = document.querySelectorAll(part.where);
    part.wanted = false;
    if (elements.length === 0) return;
    part.open = true;
    part.asked = now();
    for (const element of elements) element.dispatchEvent(new CustomEvent(name, { bubbles: false }));
  };

  // plan asks as soon as the part has rested; a hurried change does not wait for a lazy one.
  const plan = (name, hurry) => {
    const part = parts[name];
    part.wanted = true;
    part.hurry ||= hurry;
    if (busy(part)) {
      if (!part.timer) part.timer = setTimeout(() => { part.timer = 0; if (part.wanted) plan(name, false); }, STUCK);
      return;
    }
    const rest = part.hurry ? Math.max(part.hurried, part.work) : Math.max(part.rest, 3 * part.work);
    const due = Math.max(part.drawn + rest, now() + (part.hurry ? 0 : part.first || 0));
    if (part.timer && part.due <= due) return;
    clearTimeout(part.timer);
    part.due = due;
    if (due <= now()) return run(name);
    part.timer = setTimeout(run, due - now(), name);
  };
  const run = (name) => {
    const part = parts[name];
    clearTimeout(part.timer);
    part.timer = 0;
    part.hurry = false;
    ask(name);
  };

  document.addEventListener('sb:want', (event) => plan(event.detail.name, event.detail.hurry));

  // --- what it cost -----------------------------------------------------------------------------------------------------
  const partOf = (event) => parts[event.detail.ctx?.sourceEvent?.type];
  document.addEventListener('htmx:after:request', (event) => {
    const part = partOf(event);
    if (part) part.answered = now();
  });
  // A frame later it is drawn. A page that nobody sees draws nothing.
  const drawn = (then) => (document.hidden ? setTimeout(then) : requestAnimationFrame(() => setTimeout(then)));
  document.addEventListener('htmx:finally:request', (event) => {
    const part = partOf(event);
    if (!part) return;
    drawn(() => {
      part.open = false;
      part.drawn = now();
      const waited = part.answered > part.asked ? part.answered - part.asked : 0;
      part.work = Math.min(1000, Math.max(waited / 2, part.answered ? part.drawn - Math.max(part.answered, part.asked) : 0));
      clearTimeout(part.timer);
      part.timer = 0;
      if (part.wanted) plan(event.detail.ctx.sourceEvent.type, false);
    });
  });
})();
