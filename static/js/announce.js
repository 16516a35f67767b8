/* Messages that arrive while a conversation is open are read out once, politely: the log itself is silent, because loading
   older messages or painting it again would read out all of it. */
(() => {
  'use strict';
  const LONG = 200;
  const { tag } = JSON.parse(document.documentElement.dataset.times || '{}'); // how the viewer writes numbers
  const messages = () => [...document.querySelectorAll('#messages [data-message]')];
  const ids = () => new Set(messages().map((message) => message.id));
  let known = ids();
  const say = (text) => {
    const element = document.getElementById('announce');
    // The same words twice are two messages: a space that makes no difference makes the second one heard.
    if (element) element.textContent = element.textContent === text ? `${text}\u00a0` : text;
  };
  document.addEventListener('htmx:after:swap', (event) => {
    if (event.detail.ctx?.sourceEvent?.type === 'sb:thread') {
      const fresh = messages().filter((message) => !known.has(message.id) && !message.classList.contains('message--mine'));
      const author = fresh[0]?.querySelector('.message__author')?.textContent;
      const text = fresh[0]?.querySelector('.bubble__text')?.textContent;
      if (fresh.length === 1) say(text ? `${author}: ${[...text].slice(0, LONG).join('')}` : `New message from ${author}`);
      else if (fresh.length > 1) say(`${fresh.length.toLocaleString(tag)} new messages from ${author}`);
    }
    known = ids();
  });
})();
