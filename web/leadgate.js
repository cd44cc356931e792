// Leadgate's form. No cookie, no tracker, no third party; nothing about the visitor leaves before they press the button,
// and after it only what they ticked the profiling box for.
(() => {
  "use strict";
  const page = document.documentElement, asked = document.querySelector("[data-leadgate-lang]");
  const lang = asked?.dataset.leadgateLang || page.lang || "en";
  // ISO 3166-1: a first letter, then every second letter that goes with it.
  const COUNTRIES = "ADEFGILMOQRSTUWXZ BABDEFGHIJLMNOQRSTVWYZ CACDFGHIKLMNORUVWXYZ DEJKMOZ ECEGHRST FIJKMOR GABDEFGHILMNPQRSTUWY HKMNRTU IDELMNOQRST JEMOP KEGHIMNPRWYZ LABCIKRSTUVY MACDEFGHKLMNOPQRSTUVWXYZ NACEFGILOPRUZ OM PAEFGHKLMNRSTWY QA REOSUW SABCDEGHIJKLMNORSTVXYZ TCDFGHJKLMNORTVWZ UAGMSYZ VACEGINU WFS YET ZAMW";
  const MARKETING = /^(utm_(source|medium|campaign|term|content)|gclid|gbraid|wbraid|fbclid|msclkid|li_fat_id|ttclid)$/;
  const SAY = {
    required: "Please fill this in.",
    invalid_email: "Please write an e-mail address like name@example.com.",
    invalid_phone: "Please write a phone number with its country code, like +44 20 7946 0000.",
    forbidden_character: "Please remove unusual characters.",
    too_long: "Please shorten this.",
    no_contact_point: "Please give an e-mail address.",
    no_permission: "Without a tick we may not write to you.",
    other: "Please check this.",
    invalid_submission: "Please check your answers",
    not_a_lead: "Nothing was stored",
    body_too_large: "Please shorten your message",
    unknown_form: "This form is closed",
    unknown_notice: "The privacy notice has changed: please open this page again",
    refused: "This could not be accepted",
    sending: "Sending…",
    offline: "You are offline. Your answers are kept and go out when you are back.",
    again: "No answer yet. Your answers are kept, trying again…",
    gave_up: "We could not reach the service. Your answers are still here: please send again.",
    changed: "You changed an answer, so sending has stopped. Please send again.",
    confirm_by_email: "Open the message that we send you and confirm your e-mail address.",
    confirm_by_phone: "Open the link in the text message that we send you and confirm your number.",
    not_counted: "recorded, but without a confirmation it does not count",
    optional: "optional",
    choice: "Your choice",
    notice: "Privacy notice",
    choose: "Please choose",
    thanks: "Thank you. This is recorded.",
    recorded: "What we recorded",
    yes: "Yes",
    no: "No",
    to_do: "What is left to do",
    change: "If you change your mind",
    gpc: "Your browser sends Global Privacy Control: it counts as your opt-out of sale and sharing.",
    receipt: "receipt",
    retry: "Try again",
    broken: "The form could not be loaded.",
  };
  if (asked && lang == "de") Object.assign(SAY, {
    required: "Bitte ausfüllen.",
    invalid_email: "Bitte schreiben Sie eine E-Mail-Adresse wie name@example.com.",
    invalid_phone: "Bitte schreiben Sie die Nummer mit Landesvorwahl, wie +49 30 1234567.",
    forbidden_character: "Bitte entfernen Sie ungewöhnliche Zeichen.",
    too_long: "Bitte kürzen.",
    no_contact_point: "Bitte geben Sie eine E-Mail-Adresse an.",
    no_permission: "Ohne ein Kreuz dürfen wir Ihnen nicht schreiben.",
    other: "Bitte prüfen.",
    invalid_submission: "Bitte prüfen Sie Ihre Angaben",
    not_a_lead: "Es wurde nichts gespeichert",
    body_too_large: "Bitte kürzen Sie Ihre Nachricht",
    unknown_form: "Dieses Formular ist geschlossen",
    unknown_notice: "Der Datenschutzhinweis hat sich geändert: Bitte öffnen Sie die Seite neu",
    refused: "Das ging nicht",
    sending: "Wird gesendet …",
    offline: "Sie sind offline. Ihre Angaben bleiben hier und gehen ab, sobald Sie wieder verbunden sind.",
    again: "Noch keine Antwort. Ihre Angaben bleiben hier, wir versuchen es weiter …",
    gave_up: "Unser Dienst war nicht zu erreichen. Ihre Angaben sind noch da: Bitte senden Sie noch einmal.",
    changed: "Sie haben etwas geändert, darum wurde nicht weiter gesendet. Bitte senden Sie noch einmal.",
    confirm_by_email: "Öffnen Sie die Mail, die wir Ihnen schicken, und bestätigen Sie Ihre Adresse.",
    confirm_by_phone: "Öffnen Sie den Link in der SMS, die wir Ihnen schicken, und bestätigen Sie Ihre Nummer.",
    not_counted: "notiert, aber ohne Bestätigung zählt es nicht",
    optional: "freiwillig",
    choice: "Ihre Wahl",
    notice: "Datenschutzhinweis",
    choose: "Bitte wählen",
    thanks: "Danke. Das ist notiert.",
    recorded: "Was wir notiert haben",
    yes: "Ja",
    no: "Nein",
    to_do: "Was noch zu tun ist",
    change: "Wenn Sie es sich anders überlegen",
    gpc: "Ihr Browser sendet Global Privacy Control: Das zählt als Ihr Nein zu Verkauf und Weitergabe.",
    receipt: "Beleg",
    retry: "Noch einmal",
    broken: "Das Formular konnte nicht geladen werden.",
  });

  let seen = 0, since = document.hidden ? 0 : Date.now(), depth = 0;
  const onPage = () => seen + (since && Date.now() - since);
  const scrolled = () => { depth = Math.max(depth, Math.min(100, 100 * (scrollY + innerHeight) / page.scrollHeight)); };
  document.addEventListener("visibilitychange", () => {
    seen = onPage();
    since = document.hidden ? 0 : Date.now();
  });
  addEventListener("scroll", scrolled, { passive: true });

  const watched = ({ played, duration }) => {
    let seconds = 0;
    for (let i = 0; i < played.length; i++) seconds += played.end(i) - played.start(i);
    return Math.min(100, Math.round(100 * seconds / duration) || 0);
  };

  const seconds = (ms) => Math.max(0, Math.min(604800, Math.round(ms / 1000)));
  const counters = (startedAt) => {
    scrolled();
    const videos = [...document.querySelectorAll("video")].map(watched);
    return {
      time_on_page_s: seconds(onPage()),
      scroll_depth_pct: Math.round(depth),
      form_fill_s: seconds(Date.now() - startedAt),
      ...(videos.length && { video_pct: Math.max(...videos) }),
    };
  };

  const context = (form, startedAt) => {
    const box = form.elements.consent_profiling, all = {
      page_url: (location.origin + location.pathname + location.search).slice(0, 2048),
      referrer: /^https?:/.test(document.referrer) && document.referrer.slice(0, 2048),
      variant: form.dataset.leadgateVariant,
      lang,
      // What somebody read and watched is theirs until they tick the box for it.
      ...((!box || box.checked) && counters(startedAt)),
    };
    for (const [name, value] of new URLSearchParams(location.search)) if (MARKETING.test(name) && value.length <= 200) all[name] = value;
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value || value === 0));
  };

  const el = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const list = (items) => el("ul", {}, ...items.map((item) => el("li", {}, item)));
  const lines = (wording) => el("p", { tabindex: "0" }, ...wording.split("\n").flatMap((line, i) => [i ? "\n" : "", el("span", {}, line)]));
  const named = (control) => {
    const label = control.labels[0];
    return label ? (label.querySelector("span") || label).textContent : control.name;
  };

  const options = ({ kind, choices, choice_labels = [] }) => {
    if (kind != "country") return choices.map((choice, i) => [choice_labels[i] || choice, choice]);
    const names = new Intl.DisplayNames([lang], { type: "region" });
    const codes = choices.length ? choices : COUNTRIES.split(" ").flatMap(([a, ...rest]) => rest.map((b) => a + b));
    return codes.map((code) => [names.of(code), code]).sort((a, b) => a[0].localeCompare(b[0], lang));
  };

  const control = (f, id) => {
    const same = { id, name: f.name, autocomplete: f.autocomplete, required: f.required };
    if (f.kind == "long_text") return el("textarea", { ...same, maxlength: f.max_length, rows: 4 });
    if (f.kind != "country" && !f.choices.length) {
      return el("input", { ...same, maxlength: f.max_length, type: { email: "email", phone: "tel", age: "number" }[f.kind] || "text" });
    }
    const all = [[SAY.choose, ""], ...options(f)];
    return el("select", same, ...all.map(([text, value]) => new Option(text, value)));
  };

  const build = (made, action) => {
    const id = (name) => `lg-${made.form_id}-${name}`;
    const field = (f) => el("div", { class: "lg-field lg-" + f.kind },
      el("label", { for: id(f.name) }, el("span", {}, f.label), ...(f.required ? [] : [" ", el("small", {}, SAY.optional)])), control(f, id(f.name)));
    const box = ({ purpose, label }) => {
      const name = "consent_" + purpose;
      return el("div", { class: "lg-box" }, el("label", { for: id(name) },
        el("input", { type: "checkbox", id: id(name), name, value: "true", autocomplete: "off" }), el("span", {}, label)));
    };
    const boxes = made.boxes.length ? el("fieldset", {}, el("legend", {}, SAY.choice), ...made.boxes.map(box)) : "";
    return el("form", { class: "lg-form", action, method: "post", "aria-label": made.title },
      ...made.fields.map(field), boxes,
      el("details", { lang: made.notice.lang, open: true }, el("summary", {}, SAY.notice), lines(made.notice.wording)),
      el("input", { type: "hidden", name: "notice", value: made.notice.ref }),
      ...(asked ? [el("input", { type: "hidden", name: "lang", value: made.lang })] : []),
      el("button", { type: "submit" }, made.title), el("p", { class: "lg-status", role: "status" }));
  };

  const receiptView = ({ receipt_id, recorded_on, recorded, to_do, withdraw, privacy }, form) => {
    const day = new Date(recorded_on).toLocaleDateString(lang, { dateStyle: "long", timeZone: "UTC" });
    const boxOf = ({ purpose }) => named(form.elements["consent_" + purpose] || { labels: [], name: purpose });
    const part = (title, content) => el("div", {}, el("h3", {}, title), content);
    return el("section", { class: "lg-receipt", tabindex: "-1" },
      el("h2", {}, SAY.thanks),
      part(SAY.recorded, list([form.getAttribute("aria-label") || recorded.action,
        ...recorded.consents.map((box) => el("span", {}, el("strong", {}, box.given ? SAY.yes : SAY.no), ": " + boxOf(box),
          box.outcome == "not_counted" ? ` (${SAY.not_counted})` : ""))])),
      to_do.length ? part(SAY.to_do, list(to_do.map(({ what }) => SAY[what] || what))) : "",
      part(SAY.change, el("p", {}, withdraw.how)),
      privacy.gpc.applied ? part("Opt-Out Preference Signal Honored",
        el("p", {}, SAY.gpc)) : "",
      el("p", { class: "lg-small" }, `${day}, ${SAY.receipt} ${receipt_id}`));
  };

  // A reply that is cut off, or a 2xx that is no receipt (a hotel's log-in page), counts as no answer at all.
  const post = async (url, body, stop) => {
    const attempt = new AbortController(), end = () => attempt.abort(), timer = setTimeout(end, 15000);
    stop.addEventListener("abort", end);
    try {
      const reply = await fetch(url, { method: "POST", body, credentials: "omit", redirect: "error", signal: attempt.signal,
        headers: { "content-type": "application/json", accept: "application/json, application/problem+json" } });
      const { ok, status } = reply, said = await (ok ? reply.json() : reply.json().catch(() => ({})));
      if (ok && !said.receipt_id) return {};
      return { ok, said, after: reply.headers.get("retry-after"), final: ok || status < 500 && ![408, 409, 425, 429].includes(status) };
    } catch {
      return {};
    } finally {
      clearTimeout(timer);
    }
  };

  const pause = (after, attempt) => {
    const seconds = +after || (Date.parse(after) - Date.now()) / 1000 || 2 ** attempt * (0.5 + Math.random());
    return 1000 * Math.min(600, Math.max(0.5, seconds));
  };

  const newId = () => crypto.randomUUID ? crypto.randomUUID()
    : [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  // What somebody does after the form is told only with the token that came with the receipt for a ticked profiling box.
  // It lives in this tab alone and ends with it: no cookie. Without it nothing is sent.
  const TOKEN = "leadgate token", told = new Set();
  const holder = () => {
    try {
      return JSON.parse(sessionStorage.getItem(TOKEN));
    } catch {}
  };
  const hold = ({ engagement }, action) => {
    try {
      if (!engagement) return sessionStorage.removeItem(TOKEN);
      sessionStorage.setItem(TOKEN, JSON.stringify({ token: engagement.token, url: new URL(engagement.url, action).href }));
    } catch {}
  };
  // Time and depth of the page with the form went with the form.
  const known = !!holder(), isVideo = (node) => node.tagName == "VIDEO", isPressed = (node) => /^(A|BUTTON)$/.test(node.tagName);

  const report = (nodes) => {
    const held = holder(), news = held ? nodes.filter((node) => !told.has(node) && !(isVideo(node) && !watched(node))).slice(0, 20) : [];
    if (!news.length) return;
    scrolled();
    const events = news.map((node) => {
      told.add(node);
      return {
        event_id: newId(),
        kind: node.dataset.leadgateEvent,
        context: {
          page_url: (location.origin + location.pathname).slice(0, 2048),
          content: node.dataset.leadgateContent,
          ...(isVideo(node) ? { video_pct: watched(node) } : known && !isPressed(node) && { time_on_page_s: seconds(onPage()), scroll_depth_pct: Math.round(depth) }),
        },
      };
    });
    const headers = { "content-type": "application/json" }, body = JSON.stringify({ token: held.token, events });
    fetch(held.url, { method: "POST", keepalive: true, credentials: "omit", headers, body }).catch(() => {});
  };

  const marked = () => [...document.querySelectorAll("[data-leadgate-event]")];
  const leaving = () => report(marked().filter((node) => !isPressed(node)));
  document.addEventListener("visibilitychange", () => document.hidden && leaving());
  addEventListener("pagehide", leaving);
  document.addEventListener("click", ({ target }) => {
    const node = target.closest("[data-leadgate-event]");
    if (node && isPressed(node)) report([node]);
  });

  const enhance = (form) => {
    const button = form.querySelector("[type=submit], button:not([type])"), key = "leadgate " + form.action;
    const status = form.querySelector("[role=status]") || form.appendChild(el("p", { class: "lg-status", role: "status" }));
    const controls = () => [...form.elements].filter(({ name }) => name && name != "submission_id");
    let pending = null, sending = null, startedAt = Date.now(), touched = false;
    form.noValidate = true;

    const say = (what) => { status.textContent = SAY[what] || ""; };
    const busy = (controller) => {
      sending = controller;
      button.setAttribute("aria-disabled", !!controller);
    };
    // Storage may be forbidden; then a reload while offline loses the pending submission, and nothing else.
    const keep = (value) => {
      try {
        value ? sessionStorage.setItem(key, JSON.stringify(value)) : sessionStorage.removeItem(key);
      } catch {}
    };

    const answers = () => {
      const said = { fields: {}, consents: {} };
      for (const { name, type, value, checked } of controls()) {
        if (name.startsWith("consent_")) said.consents[name.slice(8)] = checked;
        else if (name == "notice" || name == "lang") said[name] = value;
        else if (value.trim() && (checked || type != "checkbox" && type != "radio")) said.fields[name] = value;
      }
      return said;
    };

    const prepared = (core, context) => ({ core, body: JSON.stringify({ submission_id: newId(), ...JSON.parse(core), context }) });

    const faults = () => controls().flatMap(({ name, type, validity }) => {
      const code = validity.valueMissing ? "required" : validity.typeMismatch && "invalid_" + type;
      return code ? { pointer: "/fields/" + name, code } : [];
    });

    const clear = () => {
      form.querySelectorAll(".lg-error, .lg-summary").forEach((old) => old.remove());
      for (const wrong of form.querySelectorAll("[aria-invalid]")) {
        wrong.removeAttribute("aria-invalid");
        wrong.setAttribute("aria-describedby", wrong.dataset.lgHint);
      }
    };

    const explain = ({ pointer, code }) => {
      const [, room, name] = pointer.split("/"), text = SAY[code] || SAY.other;
      const wrong = room == "consents" ? form.querySelector(`[name^="consent_${name || ""}"]`) : form.elements[name];
      if (!wrong || !wrong.labels) return text;
      wrong.id ||= "lg-" + wrong.name;
      const note = el("p", { class: "lg-error", id: wrong.id + "-error" }, text);
      const place = wrong.closest(name ? ".lg-field, .lg-box" : "fieldset");
      place ? place.append(note) : wrong.after(note);
      wrong.setAttribute("aria-invalid", "true");
      wrong.dataset.lgHint ??= wrong.getAttribute("aria-describedby") || "";
      wrong.setAttribute("aria-describedby", `${wrong.dataset.lgHint} ${note.id}`.trim());
      const link = el("a", { href: "#" + wrong.id }, name ? `${named(wrong)}: ${text}` : text);
      link.onclick = (event) => {
        event.preventDefault();
        wrong.focus();
      };
      return link;
    };

    const showErrors = (errors, title) => {
      const summary = el("div", { class: "lg-summary", role: "alert", tabindex: "-1" }, el("h2", {}, title), list(errors.map(explain)));
      form.prepend(summary);
      summary.focus();
    };

    const refused = (errors, title) => {
      // Marketing context is never worth a visitor's request: without it, once more.
      if (!pending.bare && errors.some(({ pointer }) => pointer.startsWith("/context"))) {
        pending = { ...prepared(pending.core, {}), bare: true };
        return send();
      }
      showErrors(errors, title);
    };

    const settle = ({ ok, said }) => {
      busy(null);
      keep(null);
      say("");
      if (!ok) return refused(said.errors || [], SAY[(said.type || "").split(":").pop()] || SAY.refused);
      hold(said, form.action);
      const view = receiptView(said, form);
      form.after(view);
      form.hidden = true;
      form.reset();
      view.focus();
    };

    const send = async () => {
      const stop = new AbortController(), { signal } = stop;
      busy(stop);
      say("sending");
      for (let attempt = 0; attempt < 7 && !signal.aborted; attempt++) {
        const reply = await post(form.action, pending.body, signal);
        if (signal.aborted) return;
        if (reply.final) return settle(reply);
        const offline = !navigator.onLine;
        keep(offline && pending);
        say(offline ? "offline" : "again");
        await new Promise((resume) => {
          if (!offline) setTimeout(resume, pause(reply.after, attempt));
          if (!reply.said) addEventListener("online", resume, { once: true });
          signal.addEventListener("abort", resume);
        });
      }
      if (signal.aborted) return;
      busy(null);
      keep(null);
      say("gave_up");
    };

    form.addEventListener("focusin", () => {
      if (!touched) startedAt = Date.now();
      touched = true;
    });
    form.addEventListener("input", () => {
      if (!sending) return;
      sending.abort();
      busy(null);
      keep(null);
      say("changed");
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (sending) return;
      clear();
      const wrong = faults(), core = JSON.stringify(answers());
      if (wrong.length) return showErrors(wrong, SAY.invalid_submission);
      // The same answers keep their id and bytes, so that a repeat can never be recorded twice.
      if (!pending || pending.core != core) {
        pending = prepared(core, context(form, startedAt));
      }
      send();
    });

    try {
      pending = JSON.parse(sessionStorage.getItem(key));
    } catch {}
    if (pending) {
      const { fields, consents } = JSON.parse(pending.core);
      for (const name in fields) form.elements[name].value = fields[name];
      for (const name in consents) form.elements["consent_" + name].checked = consents[name];
      send();
    }
  };

  const embed = async (place) => {
    const { leadgateApi, leadgateForm, leadgateVariant, leadgateLang } = place.dataset;
    const url = `${leadgateApi}/v1/forms/${leadgateForm}`;
    try {
      const reply = await fetch(url + (leadgateLang ? "?lang=" + encodeURIComponent(leadgateLang) : ""), { credentials: "omit" });
      const form = build(await reply.json(), url + "/submissions");
      form.dataset.leadgateVariant = leadgateVariant || "";
      place.replaceChildren(form);
      enhance(form);
    } catch {
      const again = el("button", { type: "button" }, SAY.retry);
      again.onclick = () => embed(place);
      place.replaceChildren(el("p", { role: "alert" }, SAY.broken), again);
    }
  };

  document.querySelectorAll("form[data-leadgate-form]").forEach(enhance);
  document.querySelectorAll("div[data-leadgate-form]").forEach(embed);
})();
