/* Finding things: counts of views that follow what happens, and filters that keep the keyboard where it is. */
(() => {
  'use strict';
  const $ = (selector) => document.querySelector(selector);

  $('.views__saved [aria-current]')?.scrollIntoView({ block: 'nearest' });

  // --- counts: at most once in PAUSE, and the last change always counts -------------------------------------------------
  const PAUSE = 1000;
  let told = 0;
  let timer = 0;
  const recount = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      told = Date.now();
      $('[data-views]')?.dispatchEvent(new CustomEvent('sb:views'));
    }, Math.max(0, told + PAUSE - Date.now()));
  };
  // Signals do not bubble; they are heard on their way down.
  document.addEventListener('sb:list', recount, { capture: true });

  // --- a chip that is gone gives the keyboard to the next one, or to the search box -------------------------------------
  let dropped = -1;
  document.addEventListener('htmx:before:swap', (event) => {
    const chip = event.detail.ctx?.sourceElement?.closest?.('[data-chip]');
    dropped = chip ? [...document.querySelectorAll('[data-chip]')].indexOf(chip) : -1;
  });
  document.addEventListener('htmx:after:swap', () => {
    if (dropped < 0) return;
    const chips = [...document.querySelectorAll('[data-chip]')];
    (chips[Math.min(dropped, chips.length - 1)] || $('#search'))?.focus();
    dropped = -1;
  });

  // --- a view that was saved or changed has the keyboard; so has what is wrong with its name ------------------------------
  let sent = false;
  document.addEventListener('submit', (event) => { sent = event.target.closest('#list-tools') !== null; }, { capture: true });
  document.addEventListener('htmx:finally:request', (event) => {
    if (!sent || event.detail.ctx?.request.method !== 'POST') return;
    sent = false;
    if (document.activeElement && document.activeElement !== document.body) return;
    ($('#list-tools [aria-invalid="true"]') || $('#views [aria-current]'))?.focus();
  });

  // --- forms of a view close with Escape ---------------------------------------------------------------------------------
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const form = event.target.closest?.('.tools__form[open]');
    if (!form) return;
    event.preventDefault();
    form.open = false;
    form.querySelector('summary').focus();
  });
})();
