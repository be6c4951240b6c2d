/*
 * Stands in for OpenAI's ChatKit script, which tests cannot load. Written from the public types of
 * @openai/chatkit: it checks the options as strictly as the real frame does, sends the protocol's
 * requests through `api.fetch`, and draws just enough to be used. It proves our options, session and
 * API; it says nothing about how OpenAI's own element looks.
 *
 * `window.standIn` chooses how it behaves: 'alive' (default), 'mute' (ready, but its frame stays blank).
 */
(() => {
  const OPTIONS = new Set([
    'api', 'locale', 'theme', 'initialThread', 'frameTitle', 'header', 'history', 'startScreen', 'composer',
    'threadItemActions', 'disclaimer', 'entities', 'widgets', 'onClientTool', 'thread', 'commands',
  ]);

  function check(options) {
    const {api, startScreen, theme} = options;
    for (const name of Object.keys(options)) if (!OPTIONS.has(name)) throw new Error(`InvalidFrameParams: ${name}`);
    if (!api || !URL.canParse(api.url) || !api.domainKey) throw new Error('InvalidFrameParams: api needs url and domainKey');
    if ('getClientSecret' in api) throw new Error('InvalidFrameParams: api is either hosted or custom');
    for (const {label, prompt} of startScreen?.prompts ?? []) if (!label || !prompt) throw new Error('InvalidFrameParams: prompt');
    if (typeof theme === 'object' && !['light', 'dark'].includes(theme.colorScheme)) throw new Error('InvalidFrameParams: theme');
  }

  class StandIn extends HTMLElement {
    setOptions(options) {
      check(options);
      const first = !this.options;
      this.options = options;
      this.dataset.colorScheme = options.theme?.colorScheme ?? options.theme;
      if (first) this.start();
    }

    async start() {
      this.innerHTML = '<div class="log"></div><input aria-label="ChatKit message"><button>Send to ChatKit</button>';
      this.querySelector('button').onclick = () => this.sendUserMessage({text: this.querySelector('input').value});
      this.threadId = this.options.initialThread ?? null;
      await new Promise((resolve) => setTimeout(resolve, 20));
      this.emit('ready');
      if (window.standIn === 'mute') return;
      await this.send('threads.list', {limit: 9999, order: 'desc'});
      if (this.threadId) {
        const thread = await (await this.send('threads.get_by_id', {thread_id: this.threadId})).json();
        for (const item of thread.items.data) this.draw(item);
      }
    }

    async sendUserMessage({text}) {
      const input = {content: [{type: 'input_text', text}], attachments: [], inference_options: {}};
      this.emit('response.start');
      const response = this.threadId
        ? await this.send('threads.add_user_message', {thread_id: this.threadId, input})
        : await this.send('threads.create', {input});
      for (const line of (await response.text()).split('\n')) {
        if (!line.startsWith('data: ')) continue;
        const event = JSON.parse(line.slice(6));
        if (event.type === 'thread.created') {
          this.threadId = event.thread.id;
          this.emit('thread.change', {threadId: this.threadId});
        }
        if (event.type === 'thread.item.done') this.draw(event.item);
        if (event.type === 'client_effect') this.emit('effect', {name: event.name, data: event.data});
      }
      this.emit('response.end');
    }

    send(type, params) {
      const {url, fetch} = this.options.api;
      return (fetch ?? window.fetch)(url, {
        method: 'POST',
        headers: {'content-type': 'application/json', accept: 'text/event-stream', 'accept-language': 'en'},
        body: JSON.stringify({type, params}),
      });
    }

    draw(item) {
      const line = document.createElement('p');
      line.textContent = (item.content ?? []).map((part) => part.text).join('');
      this.querySelector('.log').append(line);
    }

    emit(name, detail) {
      this.dispatchEvent(new CustomEvent(`chatkit.${name}`, {detail, bubbles: true}));
    }

    async focusComposer() {}
    async setThreadId() {}
    async setComposerValue() {}
    async fetchUpdates() {}
    async sendCustomAction() {}
    async showHistory() {}
    async hideHistory() {}
  }

  customElements.define('openai-chatkit', StandIn);
})();
